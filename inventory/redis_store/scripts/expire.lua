-- Expires holds whose deadline has passed, and forgets what is older than the retention window:
-- finished holds, restocks, and ended sales, of which an ARCHIVED entry tells.
--
-- args: at_most (of each), forget_after_ms (retention, plus how far an id may be in the future)
-- Returns: EXPIRED with holds = those expired and again = whether more may be due, or BROKEN.

-- The sale is over for good, so what its buyer has bought of it need not be counted any more.
local function forget_hold(hold_id)
  local its_hold = hold(hold_id)
  if its_hold and its_hold[STATE] == 'paid' then
    for _, line in ipairs(its_hold[LINES]) do
      count(line[SALE_ID], its_hold[BUYER_ID], -line[QUANTITY])
    end
  end
  redis.call('HDEL', HOLDS, hold_id)
end

local function forget_restock(restock_id) redis.call('HDEL', OPS, restock_id) end

-- Returns whether the sale must be kept: somebody still holds or awaits units, or its numbers are wrong.
local function archive(sale_id)
  local record = pool(sale_id)
  if not record then return false end
  if record.held > 0 or record.waiting > 0 or not is_lawful(record) then return true end
  append({'kind', 'ARCHIVED', 'pools', cmsgpack.pack({record})})
  redis.call('HDEL', POOLS, sale_id)
  pools[sale_id] = false
end

local KINDS = {op = forget_restock, sale = archive}

local function forget(member)
  local kind, id = string.match(member, '^(%l+):(.+)$')
  local forget_it = KINDS[kind] or forget_hold
  if forget_it(id or member) then
    redis.call('ZADD', FINISHED, now_ms, member)  -- asked again when retention is over once more
  else
    redis.call('ZREM', FINISHED, member)
  end
end

local before_ms = now_ms - args.forget_after_ms
local old = redis.call(
  'ZRANGEBYSCORE', FINISHED, '-inf', '(' .. string.format('%.0f', before_ms), 'LIMIT', 0, args.at_most
)
local expired, more_due = reclaim(args.at_most)
local packed = commit('EXPIRED', {holds = expired, again = more_due or #old == args.at_most})
if cmsgpack.unpack(packed).outcome == 'BROKEN' then return packed end
for _, member in ipairs(old) do forget(member) end
write_counts()
return packed
