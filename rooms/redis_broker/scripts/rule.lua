-- Set or remove one entry of a bounded hash of the rules (roles, mutes, bans); move their version.
-- KEYS  1 rules hash        2 the hash
-- ARGV  1 field             2 value ("" removes it)   3 entries at most
--       4 entries whose value is a time up to this one, in ms, go first ("": values are no times)
--       5 the new version
-- Returns 1, or 0 if the hash has as many entries as it may.
local rules, hash, field, value = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
if value == '' then
  redis.call('HDEL', hash, field)
else
  if redis.call('HLEN', hash) >= tonumber(ARGV[3]) and ARGV[4] ~= '' then
    local entries, past_ms = redis.call('HGETALL', hash), tonumber(ARGV[4])
    for i = 1, #entries, 2 do
      if tonumber(entries[i + 1]) <= past_ms then redis.call('HDEL', hash, entries[i]) end
    end
  end
  local is_new = redis.call('HEXISTS', hash, field) == 0
  if is_new and redis.call('HLEN', hash) >= tonumber(ARGV[3]) then return 0 end
  redis.call('HSET', hash, field, value)
end
redis.call('HSET', rules, 'version', ARGV[5])
return 1
