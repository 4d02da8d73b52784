-- Slow mode: one comment of a user, then a wait. The same comment again is no other one.
-- KEYS  1 the user's marker
-- ARGV  1 the comment's id  2 the wait in ms
-- Returns 0 if the comment may be said, else the ms left to wait.
local last = redis.call('GET', KEYS[1])
if last == ARGV[1] then return 0 end
if last then return math.max(1, redis.call('PTTL', KEYS[1])) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
