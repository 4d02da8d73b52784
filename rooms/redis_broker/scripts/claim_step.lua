-- Mark one step of a run-of-show as done, or not done; whoever marks it is the one to do it.
-- KEYS  1 rundown hash
-- ARGV  1 step id       2 "1" to mark it, "0" to take the mark back
-- Returns 1, or 0 if it was so already.
local rundown, field = KEYS[1], 'done:' .. ARGV[1]
local changed
if ARGV[2] == '1' then
  changed = redis.call('HSETNX', rundown, field, '1')
else
  changed = redis.call('HDEL', rundown, field)
end
if changed == 1 then redis.call('HINCRBY', rundown, 'version', 1) end
return changed
