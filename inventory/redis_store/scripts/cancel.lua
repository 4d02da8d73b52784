-- Gives a hold's units, or its place on the waitlist, back because its buyer does not want them.
--
-- args: hold_id, buyer_id
-- Returns: CANCELLED, LEFT (it waited), REPLAYED (cancelled already), NOT_HELD, UNKNOWN_HOLD, BROKEN.

local its_hold = hold(args.hold_id)
if not its_hold or its_hold[BUYER_ID] ~= args.buyer_id then return reply('UNKNOWN_HOLD') end
if its_hold[STATE] == 'cancelled' then
  return reply('REPLAYED', {hold = its_hold, first_outcome = 'CANCELLED'})
end
if its_hold[STATE] == 'waiting' then
  stop_waiting('LEFT', its_hold)
  return commit('LEFT', {hold = its_hold, pools = pools_of(its_hold)})
end
if its_hold[STATE] ~= 'held' then return reply('NOT_HELD', {hold = its_hold}) end
if is_stranded(its_hold) then return reply('BROKEN') end

happen('CANCELLED', its_hold)
return commit('CANCELLED', {hold = its_hold, pools = pools_of(its_hold)})
