-- Replace a room's run-of-show, if it is still the one that the host has seen.
-- KEYS  1 rundown hash
-- ARGV  1 the version seen (0: none yet)   2 steps, msgpack   3.. ids of the steps that are done
-- Returns the new version, or -1 if it was changed meanwhile.
local rundown = KEYS[1]
local version = tonumber(redis.call('HGET', rundown, 'version') or '0')
if version ~= tonumber(ARGV[1]) then return -1 end
redis.call('DEL', rundown)
redis.call('HSET', rundown, 'version', version + 1, 'steps', ARGV[2])
for i = 3, #ARGV do redis.call('HSET', rundown, 'done:' .. ARGV[i], '1') end
return version + 1
