-- Resolves a hold by a payment that a provider has confirmed.
--
-- args: hold_id, payment_id, amount_cents, reclaim_max
-- Returns: PAID, PAID_LATE, REFUND_DUE, SECOND_PAYMENT, REPLAYED, UNKNOWN_HOLD, BROKEN.
--          REFUND_DUE too when a lapsed hold's sale was archived meanwhile.
--          again = true: see reserve.lua. A wrong amount, a second payment and one for a hold that
--          waits change nothing.

local function amount_of(its_hold)
  local cents = 0
  for _, line in ipairs(its_hold[LINES]) do cents = cents + line[QUANTITY] * line[PRICE] end
  return cents
end

local function first_outcome(its_hold)
  if its_hold[STATE] == 'refund_due' then return 'REFUND_DUE' end
  return its_hold[PAID_LATE] and 'PAID_LATE' or 'PAID'
end

local function is_free(its_hold)
  for _, line in ipairs(its_hold[LINES]) do
    local record = pool(line[SALE_ID])
    if not record then return false end
    local counted = units_of(line[SALE_ID], its_hold[BUYER_ID]) + line[QUANTITY]
    if record.paused or counted > record.per_buyer_max or record.available < line[QUANTITY] then
      return false
    end
  end
  return true
end

local its_hold = hold(args.hold_id)
if not its_hold then return reply('UNKNOWN_HOLD') end
if its_hold[PAYMENT_ID] == args.payment_id then
  return reply('REPLAYED', {hold = its_hold, first_outcome = first_outcome(its_hold)})
end
if its_hold[STATE] == 'waiting' or args.amount_cents ~= amount_of(its_hold) then
  return reply('REFUND_DUE', {hold = its_hold})
end
if its_hold[PAYMENT_ID] then
  return reply('SECOND_PAYMENT', {hold = its_hold})
end

if is_stranded(its_hold) then return reply('BROKEN') end

local outcome = 'PAID'
if its_hold[STATE] ~= 'held' then
  local more_due = false
  if not is_free(its_hold) then
    local _
    _, more_due = reclaim(args.reclaim_max)
    serve_waitlists()
  end
  outcome = is_free(its_hold) and 'PAID_LATE' or 'REFUND_DUE'
  if outcome == 'REFUND_DUE' and more_due then return commit(outcome, {again = true}) end
end

apply(outcome, its_hold)
its_hold[PAYMENT_ID], its_hold[PAID_LATE] = args.payment_id, outcome == 'PAID_LATE'
tell_all(outcome, {its_hold})
return commit(outcome, {hold = its_hold, pools = pools_of(its_hold)})
