-- Expires holds whose deadline has passed, and forgets records older than the retention window.
--
-- args: at_most (of each), forget_after_ms (retention, plus how far an id may be in the future)
-- Returns: EXPIRED with holds = those expired, or BROKEN.

local RESTOCK_PREFIX = '^op:(.+)$'

-- A forgotten order's units stay sold: they are counted in `archived_sold` from now on.
local function archive(its_hold)
  for _, line in ipairs(its_hold.lines) do
    local record = pool(line.sale_id)
    record.archived_sold = record.archived_sold + line.quantity
    redis.call('HSET', POOLS, line.sale_id, cmsgpack.pack(record))
  end
end

local function forget(member)
  local restock_id = string.match(member, RESTOCK_PREFIX)
  if restock_id then
    redis.call('HDEL', OPS, restock_id)
  else
    local its_hold = hold(member)
    if its_hold and its_hold.state == 'paid' then archive(its_hold) end
    redis.call('HDEL', HOLDS, member)
  end
  redis.call('ZREM', FINISHED, member)
end

local expired = reclaim(args.at_most)
local packed = commit('EXPIRED', {holds = expired})
if cmsgpack.unpack(packed).outcome == 'BROKEN' then return packed end

local before_ms = now_ms - args.forget_after_ms
local old = redis.call(
  'ZRANGEBYSCORE', FINISHED, '-inf', '(' .. string.format('%.0f', before_ms), 'LIMIT', 0, args.at_most
)
for _, member in ipairs(old) do forget(member) end
return packed
