-- Stops selling for a while: nobody can reserve and nobody is served from the waitlist, but holds
-- stay payable and the time runs on.
--
-- args: sale_id
-- Returns: SALE_PAUSED, REPLAYED (it is paused), ENDED, UNKNOWN_SALE, BROKEN.

local record = pool(args.sale_id)
if not record then return reply('UNKNOWN_SALE') end
if has_ended(record) then return reply('ENDED', {pools = {record}}) end
if record.paused then return reply('REPLAYED', {pools = {record}, first_outcome = 'SALE_PAUSED'}) end

record.paused = true
change_pool(record)
tell('SALE_PAUSED', {}, {record})
return commit('SALE_PAUSED', {pools = {record}})
