-- Add counts to a room's hours, once for each stretch of what they are counted from.
-- KEYS  1 counted (string: the position counted up to)   2 marks (stream)   3.. hours (hashes)
-- ARGV  1 the position that these counts begin after ("" if they have none: then always)
--       2 the position they reach        3 seconds an hour is kept
--       4 fields that an hour may have; past it only what is about the whole room gets new ones
--       5 counts: { { number of the hour among KEYS, from 1, field, by, "+" or "max" }, ... }
--       6 marks: { { at_ms, kind, about, text }, ... }    7 marks kept
-- 5 and 6 are msgpack. Returns 1, or 0 if somebody has counted from there already.
if ARGV[2] ~= '' then
  if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2])
end
local sizes = {}
for _, count in ipairs(cmsgpack.unpack(ARGV[5])) do
  local hour, field = KEYS[2 + count[1]], count[2]
  if not sizes[hour] then sizes[hour] = redis.call('HLEN', hour) end
  local is_new = redis.call('HEXISTS', hour, field) == 0
  local is_about_room = string.sub(field, -1) == '|'
  if not is_new or is_about_room or sizes[hour] < tonumber(ARGV[4]) then
    if is_new then sizes[hour] = sizes[hour] + 1 end
    if count[4] == '+' then
      redis.call('HINCRBY', hour, field, count[3])
    elseif tonumber(redis.call('HGET', hour, field) or '-1') < count[3] then
      redis.call('HSET', hour, field, count[3])
    end
  end
end
for hour in pairs(sizes) do redis.call('EXPIRE', hour, ARGV[3]) end
for _, mark in ipairs(cmsgpack.unpack(ARGV[6])) do
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[7], '*', 'm', cmsgpack.pack(mark))
end
return 1
