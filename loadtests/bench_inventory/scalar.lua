-- The reference: one purchase a call, the five writes that it needs, and no more promises.
--
-- KEYS  1 stock (hash sale -> units)  2 holds  3 buyers  4 deadlines  5 outbox
-- ARGV  1 hold id  2 buyer id  3 sale id  4 units  5 units a buyer may have  6 hold duration, ms
-- Returns the deadline in ms, 0 (sold out), -1 (over the limit) or -2 (seen before).
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return -2 end
local field, units = ARGV[3] .. ':' .. ARGV[2], tonumber(ARGV[4])
local has = tonumber(redis.call('HGET', KEYS[3], field) or '0')
if has + units > tonumber(ARGV[5]) then return -1 end
if tonumber(redis.call('HGET', KEYS[1], ARGV[3]) or '0') < units then return 0 end
local deadline_ms = now_ms + ARGV[6]
redis.call('HINCRBY', KEYS[1], ARGV[3], -units)
redis.call('HSET', KEYS[2], ARGV[1], cmsgpack.pack({ARGV[2], ARGV[3], units, now_ms, deadline_ms}))
redis.call('HINCRBY', KEYS[3], field, units)
redis.call('ZADD', KEYS[4], deadline_ms, ARGV[1])
redis.call('XADD', KEYS[5], '*', 'hold', ARGV[1], 'buyer', ARGV[2], 'sale', ARGV[3], 'units', units)
return deadline_ms
