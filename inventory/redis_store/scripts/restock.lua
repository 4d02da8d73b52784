-- Adds units to a sale, or cuts units that nobody holds.
--
-- args: restock_id, sale_id, units (negative: a cut), retention_ms, future_max_ms
-- Returns: RESTOCKED, REPLAYED, KEY_REUSED, STALE_ID, STALE_EPOCH, UNKNOWN_SALE, CUT_TOO_DEEP, BROKEN.

local seen = redis.call('HGET', OPS, args.restock_id)
if seen then
  local first = cmsgpack.unpack(seen)
  if first.sale_id ~= args.sale_id or first.units ~= args.units then return reply('KEY_REUSED') end
  if not pool(args.sale_id) then return reply('UNKNOWN_SALE') end  -- archived since
  return reply('REPLAYED', {pools = {pool(args.sale_id)}, first_outcome = 'RESTOCKED'})
end
if is_stale(args.restock_id) then return reply('STALE_ID') end
if is_of_older_epoch(args.restock_id) then return reply('STALE_EPOCH') end

local record = pool(args.sale_id)
if not record then return reply('UNKNOWN_SALE') end
if record.available + args.units < 0 then return reply('CUT_TOO_DEEP', {pools = {record}}) end

record.total = record.total + args.units
record.available = record.available + args.units
change_pool(record)
tell('RESTOCKED', {}, {record}, args.units, args.restock_id)
local packed = commit('RESTOCKED', {pools = {record}})
if cmsgpack.unpack(packed).outcome == 'RESTOCKED' then
  redis.call(
    'HSET', OPS, args.restock_id, cmsgpack.pack({sale_id = args.sale_id, units = args.units})
  )
  redis.call('ZADD', FINISHED, now_ms, 'op:' .. args.restock_id)
end
return packed
