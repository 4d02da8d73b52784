-- A question was answered: forget it and who upvoted it.
-- KEYS  1 questions hash    2 upvotes sorted set    3 askers hash    4 its upvoters (set)
-- ARGV  1 question id
-- Returns {ANSWERED, its record as in ask.lua, its upvotes}, or {UNKNOWN_QUESTION}.
local questions, upvotes, askers, upvoters = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local record = redis.call('HGET', questions, ARGV[1])
if not record then return { 'UNKNOWN_QUESTION' } end
local count = redis.call('ZSCORE', upvotes, ARGV[1]) or '0'
redis.call('HDEL', questions, ARGV[1])
redis.call('ZREM', upvotes, ARGV[1])
redis.call('DEL', upvoters)
local user_id = cmsgpack.unpack(record)[1]
if redis.call('HINCRBY', askers, user_id, -1) <= 0 then redis.call('HDEL', askers, user_id) end
return { 'ANSWERED', record, count }
