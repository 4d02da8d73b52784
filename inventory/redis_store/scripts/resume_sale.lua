-- Sells again after a pause. A sale that was paused because its numbers broke the law stays paused.
--
-- args: sale_id
-- Returns: SALE_RESUMED, REPLAYED (it is not paused), ENDED, UNKNOWN_SALE, BROKEN.

local record = pool(args.sale_id)
if not record then return reply('UNKNOWN_SALE') end
if has_ended(record) then return reply('ENDED', {pools = {record}}) end
if not record.paused then
  return reply('REPLAYED', {pools = {record}, first_outcome = 'SALE_RESUMED'})
end
if not is_lawful(record) then return reply('BROKEN', {pools = {record}}) end

record.paused = false
change_pool(record)
tell('SALE_RESUMED', {}, {record})
return commit('SALE_RESUMED', {pools = {record}})
