-- Ask a question. Asking it again under the same id, while it is open, changes nothing.
-- KEYS  1 questions hash    2 upvotes sorted set    3 askers hash
-- ARGV  1 question id       2 {user id, name, text, asked at}, msgpack     3 user id
--       4 open questions at most in the room        5 and of one user
-- Returns a word of QuestionOutcome: ASKED, ROOM_FULL or USER_FULL.
local questions, upvotes, askers = KEYS[1], KEYS[2], KEYS[3]
if redis.call('HEXISTS', questions, ARGV[1]) == 1 then return 'ASKED' end
if redis.call('ZCARD', upvotes) >= tonumber(ARGV[4]) then return 'ROOM_FULL' end
local own = tonumber(redis.call('HGET', askers, ARGV[3]) or '0')
if own >= tonumber(ARGV[5]) then return 'USER_FULL' end
redis.call('HSET', questions, ARGV[1], ARGV[2])
redis.call('ZADD', upvotes, 0, ARGV[1])
redis.call('HINCRBY', askers, ARGV[3], 1)
return 'ASKED'
