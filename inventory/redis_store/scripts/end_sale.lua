-- Ends a sale now. Holds already given stay payable.
--
-- args: sale_id
-- Returns: STOPPED, ENDED (it had ended already), UNKNOWN_SALE, BROKEN.

local record = pool(args.sale_id)
if not record then return reply('UNKNOWN_SALE') end
if record.ends_at_ms and now_ms >= record.ends_at_ms then
  return reply('ENDED', {pools = {record}})
end

set_end(record, now_ms)
tell('STOPPED', {}, {record})
return commit('STOPPED', {pools = {record}})
