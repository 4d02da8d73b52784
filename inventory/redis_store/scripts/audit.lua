-- Everything an audit needs of a room, as it is at one moment. Reads every hold: not for hot loops.
--
-- args: none
-- Returns: {now_ms, last_id (of the outbox), outbox_entries, pools,
--   sums [{sale_id, held, sold, bought}]  units recomputed from holds, and counted for buyers
--   paid [hold_id]                        remembered holds that are paid
--   deadlines_missing [hold_id], deadlines_stray [hold_id]
--   finished_missing [hold_id], finished_stray [hold_id]
--   buyers_below [field]                  a buyer's count is below what that buyer's holds add up to
-- }

local sums, sum_list, units_by_buyer = {}, {}, {}
local facts = {
  now_ms = now_ms, last_id = '0-0', outbox_entries = 0, pools = {}, sums = sum_list, paid = {},
  deadlines_missing = {}, deadlines_stray = {}, finished_missing = {}, finished_stray = {},
  buyers_below = {},
}

local function sum(sale_id)
  if not sums[sale_id] then
    sums[sale_id] = {sale_id = sale_id, held = 0, sold = 0, bought = 0}
    sum_list[#sum_list + 1] = sums[sale_id]
  end
  return sums[sale_id]
end

local COUNTED = {held = 'held', paid = 'sold'}

local function add_units(its_hold)
  local account = COUNTED[its_hold.state]
  if not account then return end
  for _, line in ipairs(its_hold.lines) do
    local total = sum(line.sale_id)
    total[account] = total[account] + line.quantity
    local field = line.sale_id .. ':' .. its_hold.buyer_id
    units_by_buyer[field] = (units_by_buyer[field] or 0) + line.quantity
  end
end

local function check_hold(hold_id, its_hold)
  local live = its_hold.state == 'held'
  local key, missing = FINISHED, facts.finished_missing
  if live then key, missing = DEADLINES, facts.deadlines_missing end
  if not redis.call('ZSCORE', key, hold_id) then missing[#missing + 1] = hold_id end
  if its_hold.state == 'paid' then facts.paid[#facts.paid + 1] = hold_id end
  add_units(its_hold)
end

-- Members of a sorted set whose hold is not there, or not in a state that belongs there.
local function find_stray(key, live, stray)
  for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local its_hold = hold(member)
    local is_op = string.sub(member, 1, 3) == 'op:'
    if not is_op and (not its_hold or (its_hold.state == 'held') ~= live) then
      stray[#stray + 1] = member
    end
  end
end

local function each_pair(key, visit)
  local flat = redis.call('HGETALL', key)
  for i = 1, #flat, 2 do visit(flat[i], flat[i + 1]) end
end

each_pair(POOLS, function(_, packed)
  facts.pools[#facts.pools + 1] = cmsgpack.unpack(packed)
end)
each_pair(HOLDS, function(hold_id, packed)
  holds[hold_id] = cmsgpack.unpack(packed)
  check_hold(hold_id, holds[hold_id])
end)
find_stray(DEADLINES, true, facts.deadlines_stray)
find_stray(FINISHED, false, facts.finished_stray)

each_pair(BUYERS, function(field, units)
  local total = sum(string.match(field, '^([^:]*):'))
  total.bought = total.bought + tonumber(units)
  counts[field] = tonumber(units)
end)
for field, units in pairs(units_by_buyer) do
  if (counts[field] or 0) < units then
    facts.buyers_below[#facts.buyers_below + 1] = field
  end
end

if redis.call('EXISTS', OUTBOX) == 1 then
  local info = redis.call('XINFO', 'STREAM', OUTBOX)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then facts.last_id = info[i + 1] end
    if info[i] == 'length' then facts.outbox_entries = info[i + 1] end
  end
end
return cmsgpack.pack(facts)
