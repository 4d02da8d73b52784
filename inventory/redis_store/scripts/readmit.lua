-- Gives a hold back that was lost, to a buyer who has its receipt.
--
-- args: hold_id, buyer_id, lines [[sale_id, product_id, quantity, price_cents]] (one per sale),
--       created_at_ms, deadline_ms (it lives until then, but for grace_ms at least), grace_ms,
--       retention_ms, future_max_ms, reclaim_max
-- Returns: READMITTED, REPLAYED (it is there, with the hold as it is), KEY_REUSED (another has its
--          id), STALE_ID (so old that it may have been forgotten), UNKNOWN_SALE, PAUSED, USER_LIMIT,
--          SOLD_OUT, BROKEN. again = true: see reserve.lua.
--
-- Whether the sale has ended is no question: the hold was given while it was open.

local function refusal_of(its_hold)
  for _, line in ipairs(its_hold[LINES]) do
    if not pool(line[SALE_ID]) then return 'UNKNOWN_SALE' end
  end
  for _, line in ipairs(its_hold[LINES]) do
    if pool(line[SALE_ID]).paused then return 'PAUSED', line[SALE_ID] end
  end
  for _, line in ipairs(its_hold[LINES]) do
    local counted = units_of(line[SALE_ID], its_hold[BUYER_ID]) + line[QUANTITY]
    if counted > pool(line[SALE_ID]).per_buyer_max then return 'USER_LIMIT', line[SALE_ID] end
  end
  for _, line in ipairs(its_hold[LINES]) do
    if pool(line[SALE_ID]).available < line[QUANTITY] then return 'SOLD_OUT', line[SALE_ID] end
  end
end

local existing = hold(args.hold_id)
if existing then
  if existing[BUYER_ID] ~= args.buyer_id then return reply('KEY_REUSED') end
  return reply('REPLAYED', {hold = existing, first_outcome = 'READMITTED'})
end
if is_stale(args.hold_id) then return reply('STALE_ID') end

local deadline_ms = math.max(args.deadline_ms, now_ms + args.grace_ms)
local its_hold = {
  args.hold_id, args.buyer_id, args.lines, 'held', args.created_at_ms, deadline_ms, false, false,
}
local refusal, refusing = refusal_of(its_hold)
local more_due = false
if refusal == 'USER_LIMIT' or refusal == 'SOLD_OUT' then
  local _
  _, more_due = reclaim(args.reclaim_max)
  serve_waitlists()
  refusal, refusing = refusal_of(its_hold)
end
if refusal then return commit(refusal, {again = more_due, pools = {refusing and pool(refusing)}}) end

happen('READMITTED', its_hold)
return commit('READMITTED', {hold = its_hold, pools = pools_of(its_hold)})
