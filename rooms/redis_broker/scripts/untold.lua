-- Take what viewers have yet to be told, unless they were told something a moment ago: of all
-- workers that ask, one is given it.
-- KEYS  1 untold (set)      2 gate
-- ARGV  1 how long the gate stays shut, in ms
-- Returns what was in the set, or false while the gate is shut.
local untold, gate = KEYS[1], KEYS[2]
if redis.call('SCARD', untold) == 0 then return {} end
if not redis.call('SET', gate, '1', 'NX', 'PX', ARGV[1]) then return false end
local members = redis.call('SMEMBERS', untold)
redis.call('DEL', untold)
return members
