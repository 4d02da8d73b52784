-- Number one event, keep it in the room's stream, publish it to every worker.
-- KEYS  1 room state hash   2 events stream      3 marker of the event's id (a spare key if none)
-- ARGV  1 channel           2 delivery class     3 key ("" for none)   4 to ("" for everyone)
--       5 numbered (1 or 0) 6 payload head       7 payload body        8 events kept
--       9 source position ("" for none)          10 new epoch, if the room has none
--       11 seconds to remember the event's id (0: it has none)
--       12 PUBLISH, or SPUBLISH in a Cluster that knows it
--       13.. pairs of fields to remember in the state hash
-- Returns the offset after it, or -1 if its source position or its id was published before.
local state, stream, marker = KEYS[1], KEYS[2], KEYS[3]
local source = ARGV[9]
if source ~= '' then
  local last = redis.call('HGET', state, 'source')
  if last and source <= last then return -1 end
  redis.call('HSET', state, 'source', source)
end
local id_kept_s = tonumber(ARGV[11])
if id_kept_s > 0 and not redis.call('SET', marker, '1', 'NX', 'EX', id_kept_s) then return -1 end
redis.call('HSETNX', state, 'epoch', ARGV[10])
local epoch = redis.call('HGET', state, 'epoch')

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local numbered = ARGV[5] == '1'
local offset
if numbered then
  offset = redis.call('HINCRBY', state, 'offset', 1)
else
  offset = tonumber(redis.call('HGET', state, 'offset') or '0')
end
for i = 13, #ARGV, 2 do redis.call('HSET', state, ARGV[i], ARGV[i + 1]) end

local nil_byte = '\192'
local at = numbered and cmsgpack.pack(offset) or nil_byte
local payload = ARGV[6] .. at .. cmsgpack.pack(now_ms) .. ARGV[7]
local number = numbered and offset or 0
local envelope = cmsgpack.pack({ ARGV[2], ARGV[3], ARGV[4], number, payload, epoch })
if numbered then
  redis.call('XADD', stream, 'MAXLEN', '~', ARGV[8], offset .. '-0', 'e', envelope)
end
redis.call(ARGV[12], ARGV[1], envelope)
return offset
