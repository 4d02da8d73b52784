-- Part of every script, after the prelude: who waits for units that come back, and who gets them.
--
-- The waitlist. A place is a number; WAITING maps "sale_id:number" to the hold that waits there,
-- and "sale_id:buyer:buyer_id" to the one hold by which a buyer waits. One command serves so many
-- places and no more: what is left is in DEADLINES, for the next command that looks there.

local unserved = {}  -- sales of which this command left places to serve

local function place_field(record, number) return record.sale_id .. ':' .. whole(number) end

local function buyer_field(its_hold)
  return its_hold[LINES][1][SALE_ID] .. ':buyer:' .. its_hold[BUYER_ID]
end

-- A hold does not wait any more; its place stays, and is skipped.
local function stop_counting(its_hold)
  local record = pool(its_hold[LINES][1][SALE_ID])
  if record then
    record.waiting = record.waiting - 1
    change_pool(record)
  end
  left_places[#left_places + 1] = buyer_field(its_hold)
end

-- Ends a hold's waiting, in one of three ways: OFFERED, LEFT or UNSERVED.
local function stop_waiting(outcome, its_hold)
  stop_counting(its_hold)
  apply(outcome, its_hold)
  tell(outcome, {its_hold}, pools_of(its_hold))
end

-- Gives a new hold the last place of its sale's waitlist.
local function start_waiting(its_hold, record)
  places[place_field(record, record.waiting_end)] = its_hold[HOLD_ID]
  places[buyer_field(its_hold)] = its_hold[HOLD_ID]
  record.waiting_end = record.waiting_end + 1
  record.waiting = record.waiting + 1
  change_pool(record)
  apply('WAITING', its_hold)
  tell('WAITING', {its_hold}, {record})
end

local function is_within_limit(its_hold, record)
  local line = its_hold[LINES][1]
  return units_of(line[SALE_ID], its_hold[BUYER_ID]) + line[QUANTITY] <= record.per_buyer_max
end

-- Serves or skips the first place of a sale's waitlist. Returns whether there may be more to do.
local function serve_first(record)
  local field = place_field(record, record.waiting_next)
  local hold_id = places[field] or redis.call('HGET', WAITING, field)
  local its_hold = hold_id and hold(hold_id)
  if its_hold and its_hold[STATE] == 'waiting' then
    if has_ended(record) then
      stop_waiting('UNSERVED', its_hold)
    elseif record.available < its_hold[LINES][1][QUANTITY] then
      return false
    elseif is_within_limit(its_hold, record) then
      its_hold[OFFERED], its_hold[DEADLINE] = true, now_ms + OFFER_DURATION_MS
      stop_waiting('OFFERED', its_hold)
    else
      stop_waiting('UNSERVED', its_hold)
    end
  end
  left_places[#left_places + 1] = field
  record.waiting_next = record.waiting_next + 1
  changed_pools[record.sale_id] = true  -- nothing that anybody sees
  return true
end

local function is_serving(record)
  if record.waiting_next >= record.waiting_end or not is_lawful(record) then return false end
  return has_ended(record) or (record.available > 0 and not record.paused)
end

local function serve(sale_id)
  for _ = 1, OFFERS_PER_COMMAND_MAX do
    if not is_serving(pools[sale_id]) or not serve_first(pools[sale_id]) then
      unserved[sale_id] = nil
      return
    end
  end
  unserved[sale_id] = is_serving(pools[sale_id]) or nil
end

-- Units that are free go to those who wait, first come first served. Who waits for a sale that has
-- ended is told so.
local function serve_waitlists()
  local serving = {}
  for sale_id in pairs(changed_pools) do serving[#serving + 1] = sale_id end
  table.sort(serving)
  for _, sale_id in ipairs(serving) do serve(sale_id) end
end
