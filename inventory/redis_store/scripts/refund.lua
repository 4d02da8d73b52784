-- Records that a payment goes back to its buyer.
--
-- args: hold_id, refund_id, with_restock (the units are on sale again)
-- Returns: RETURNED (paid, with restock), REFUNDED (paid, without), REPAID (a refund was due),
--          UNKNOWN_SALE (archived),
--          REPLAYED (this refund), KEY_REUSED (another refund), NOT_PAID, UNKNOWN_HOLD, BROKEN.

local its_hold = hold(args.hold_id)
if not its_hold then return reply('UNKNOWN_HOLD') end
if its_hold[STATE] == 'refunded' then
  if its_hold[REFUND_ID] ~= args.refund_id then return reply('KEY_REUSED', {hold = its_hold}) end
  return reply('REPLAYED', {hold = its_hold, first_outcome = 'REFUNDED'})
end

local outcome
if its_hold[STATE] == 'refund_due' then
  outcome = 'REPAID'
elseif its_hold[STATE] ~= 'paid' then
  return reply('NOT_PAID', {hold = its_hold})
elseif #pools_of(its_hold) < #its_hold[LINES] then
  return reply('UNKNOWN_SALE', {hold = its_hold})  -- archived: its units are counted no more
else
  outcome = args.with_restock and 'RETURNED' or 'REFUNDED'
end

apply(outcome, its_hold)
its_hold[REFUND_ID] = args.refund_id
tell_all(outcome, {its_hold})
return commit(outcome, {hold = its_hold, pools = pools_of(its_hold)})
