-- Starts a sale: it opens after a countdown and ends by itself.
--
-- args: sale_id, countdown_ms, duration_ms
-- Returns: STARTED, ALREADY_STARTED (or ended), UNKNOWN_SALE, BROKEN.

local record = pool(args.sale_id)
if not record then return reply('UNKNOWN_SALE') end
if record.starts_at_ms or record.ends_at_ms then
  return reply('ALREADY_STARTED', {pools = {record}})
end

record.starts_at_ms = now_ms + args.countdown_ms
set_end(record, record.starts_at_ms + args.duration_ms)
tell('STARTED', {}, {record})
return commit('STARTED', {pools = {record}})
