-- Part of every script, after the prelude: who waits for units that come back, and who gets them.
--
-- The waitlist. A place is a number; WAITING maps "sale_id:number" to the hold that waits there,
-- and "sale_id:buyer:buyer_id" to the one hold by which a buyer waits.

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
    if record.available < its_hold[LINES][1][QUANTITY] then return false end
    if is_within_limit(its_hold, record) then
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
  return record.waiting_next < record.waiting_end and record.available > 0
    and not record.paused and not has_ended(record) and is_lawful(record)
end

-- Units that are free go to those who wait, first come first served.
local function serve_waitlists()
  local serving = {}
  for sale_id in pairs(changed_pools) do serving[#serving + 1] = sale_id end
  table.sort(serving)
  for _, sale_id in ipairs(serving) do
    for _ = 1, OFFERS_PER_COMMAND_MAX do
      if not is_serving(pools[sale_id]) or not serve_first(pools[sale_id]) then break end
    end
  end
end
