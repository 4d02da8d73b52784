-- Open a poll in place of the last one, which must be closed. Opening it again changes nothing.
-- KEYS  1 poll hash         2 votes hash
-- ARGV  1 poll id           2 content: question and options, msgpack     3 number of options
-- Returns a word of PollOutcome: OPENED, POLL_OPEN or KEY_REUSED.
local poll, votes = KEYS[1], KEYS[2]
local last = redis.call('HMGET', poll, 'poll_id', 'content', 'closed')
if last[1] == ARGV[1] then return last[2] == ARGV[2] and 'OPENED' or 'KEY_REUSED' end
if last[1] and last[3] ~= '1' then return 'POLL_OPEN' end
redis.call('DEL', poll, votes)
redis.call('HSET', poll, 'poll_id', ARGV[1], 'content', ARGV[2], 'closed', '0')
for option = 0, tonumber(ARGV[3]) - 1 do redis.call('HSET', poll, 'n' .. option, 0) end
return 'OPENED'
