-- Give the room a new epoch, unless another worker has done so.
-- KEYS  1 room state hash
-- ARGV  1 the epoch known so far    2 the new one
-- Returns 1 if it was given.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2])
return 1
