-- Count one user's vote, once and for good.
-- KEYS  1 poll hash         2 votes hash         3 what viewers have yet to be told (set)
-- ARGV  1 poll id           2 user id            3 option, from 0       4 voters at most
-- Returns {a word of PollOutcome, the user's vote as it stands, or false}.
local poll, votes, untold = KEYS[1], KEYS[2], KEYS[3]
local now = redis.call('HMGET', poll, 'poll_id', 'closed')
if now[1] ~= ARGV[1] then return { 'UNKNOWN_POLL', false } end
if redis.call('HEXISTS', poll, 'n' .. ARGV[3]) == 0 then return { 'UNKNOWN_OPTION', false } end
local own = redis.call('HGET', votes, ARGV[2])
if own == ARGV[3] then return { 'VOTED', own } end
if own then return { 'ALREADY_VOTED', own } end
if now[2] == '1' then return { 'POLL_CLOSED', false } end
if redis.call('HLEN', votes) >= tonumber(ARGV[4]) then return { 'LIMIT_REACHED', false } end
redis.call('HSET', votes, ARGV[2], ARGV[3])
redis.call('HINCRBY', poll, 'n' .. ARGV[3], 1)
redis.call('SADD', untold, 'poll')
return { 'VOTED', ARGV[3] }
