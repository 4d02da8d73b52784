-- Part of every script, after the prelude: who waits for units that come back, and who gets them.
--
-- The waitlist. A place is a number and stands for one unit; WAITING maps "sale_id:number" to the hold
-- that waits there, and "sale_id:buyer:buyer_id" to the number of the one place that a buyer has. One
-- command serves so many places and no more: what is left is in DEADLINES, for the next command that
-- looks there.

local unserved = {}  -- sales of which this command left places to serve
local servings_left = OFFERS_PER_COMMAND_MAX

local function place_field(record, number) return record.sale_id .. ':' .. whole(number) end

local function buyer_field(its_hold)
  return its_hold[LINES][1][SALE_ID] .. ':buyer:' .. its_hold[BUYER_ID]
end

-- What a field of WAITING will be; nil if it will not be there.
local function waiting_at(field)
  if places[field] == nil then places[field] = redis.call('HGET', WAITING, field) end
  return places[field] or nil
end

local function set_waiting_at(field, value)
  places[field] = value or false
  changed_places[field] = true
end

-- A hold does not wait any more, and its place is gone; the number is skipped.
local function give_up_place(its_hold)
  local sale_id, field = its_hold[LINES][1][SALE_ID], buyer_field(its_hold)
  local number = waiting_at(field)
  if number then set_waiting_at(sale_id .. ':' .. number, nil) end
  set_waiting_at(field, nil)
  local record = pool(sale_id)
  if record then
    record.waiting = record.waiting - 1
    change_pool(record)
  end
end

-- Ends a hold's waiting, in one of three ways: OFFERED, LEFT or UNSERVED.
local function stop_waiting(outcome, its_hold)
  give_up_place(its_hold)
  apply(outcome, its_hold)
  tell(outcome, {its_hold}, pools_of(its_hold))
end

-- Gives a new hold the last place of its sale's waitlist.
local function start_waiting(its_hold, record)
  if record.waiting == 0 then record.waiting_next = record.waiting_end end
  set_waiting_at(place_field(record, record.waiting_end), its_hold[HOLD_ID])
  set_waiting_at(buyer_field(its_hold), whole(record.waiting_end))
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

-- Serves or skips the first place of a sale's waitlist.
local function serve_first(record)
  local hold_id = waiting_at(place_field(record, record.waiting_next))
  local its_hold = hold_id and hold(hold_id)
  record.waiting_next = record.waiting_next + 1
  changed_pools[record.sale_id] = true  -- nothing that anybody sees
  if not its_hold or its_hold[STATE] ~= 'waiting' then return end
  if has_ended(record) or not is_within_limit(its_hold, record) then
    stop_waiting('UNSERVED', its_hold)
  else
    its_hold[OFFERED], its_hold[DEADLINE] = true, now_ms + OFFER_DURATION_MS
    stop_waiting('OFFERED', its_hold)
  end
end

local function is_serving(record)
  if record.waiting == 0 or record.waiting_next >= record.waiting_end then return false end
  if not is_lawful(record) then return false end
  return has_ended(record) or (record.available > 0 and not record.paused)
end

local function serve(record)
  while servings_left > 0 and is_serving(record) do
    servings_left = servings_left - 1
    serve_first(record)
  end
  unserved[record.sale_id] = is_serving(record) or nil
end

-- Units that are free go to those who wait, first come first served. Who waits for a sale that has
-- ended is told so.
local function serve_waitlists()
  local serving = {}
  for sale_id in pairs(changed_pools) do serving[#serving + 1] = sale_id end
  table.sort(serving)
  for _, sale_id in ipairs(serving) do serve(pools[sale_id]) end
end
