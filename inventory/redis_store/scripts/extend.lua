-- Moves a hold's deadline, once, when its payment starts.
--
-- args: hold_id, buyer_id, extension_ms
-- Returns: EXTENDED, ALREADY_EXTENDED, NOT_HELD (also when due but not yet expired), UNKNOWN_HOLD.

local its_hold = hold(args.hold_id)
if not its_hold or its_hold[BUYER_ID] ~= args.buyer_id then return reply('UNKNOWN_HOLD') end
if its_hold[STATE] ~= 'held' or now_ms >= its_hold[DEADLINE] then
  return reply('NOT_HELD', {hold = its_hold})
end
if its_hold[EXTENDED] then return reply('ALREADY_EXTENDED', {hold = its_hold}) end

its_hold[EXTENDED] = true
its_hold[DEADLINE] = its_hold[DEADLINE] + args.extension_ms
save(its_hold)
tell('EXTENDED', {its_hold}, {})
return commit('EXTENDED', {hold = its_hold})
