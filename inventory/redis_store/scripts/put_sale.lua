-- Creates a sale: its pool and its terms.
--
-- args: sale_id, product_id, price_cents, total_units, per_buyer_max, hold_duration_ms,
--       may_create, sales_max
-- Returns: CREATED, REPLAYED (it exists with the same terms), KEY_REUSED (with other terms),
--          UNKNOWN_SALE (it does not exist and may not be created), or TOO_MANY_SALES (the room has
--          sales_max that are not archived).

local function has_same_terms(record)
  return record.created_total == args.total_units
    and record.product_id == args.product_id
    and record.price_cents == args.price_cents
    and record.per_buyer_max == args.per_buyer_max
    and record.hold_duration_ms == args.hold_duration_ms
end

local existing = pool(args.sale_id)
if existing then
  if not has_same_terms(existing) then return reply('KEY_REUSED', {pools = {existing}}) end
  return reply('REPLAYED', {pools = {existing}, first_outcome = 'CREATED'})
end

if not args.may_create then return reply('UNKNOWN_SALE') end
if redis.call('HLEN', POOLS) >= args.sales_max then return reply('TOO_MANY_SALES') end

local record = {
  sale_id = args.sale_id, product_id = args.product_id, price_cents = args.price_cents,
  per_buyer_max = args.per_buyer_max, hold_duration_ms = args.hold_duration_ms,
  created_total = args.total_units, total = args.total_units, available = args.total_units,
  held = 0, sold = 0, paused = false, version = 0,
  waiting = 0, waiting_next = 0, waiting_end = 0,
}
change_pool(record)
tell('CREATED', {}, {record}, record.total)
return commit('CREATED', {pools = {record}})
