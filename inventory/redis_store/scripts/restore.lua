-- Puts a room's state, made anew from SQL under spare names, in the place of the one that is there.
--
-- KEYS after those of every script: what was made for pools, holds, buyers, deadlines, finished,
--   waiting and ops, in this order. Each becomes the room's own, or nothing does if it is not there.
-- args: last_id (of the outbox when SQL was read), after_ms (the latest time that SQL knows), made
--       [how many records each of those keys must have]
-- Returns: RESTORED with the new epoch_ms and the pools, BROKEN, or again = true: the room has
--          changed, or not all that was made is there, so nothing was done.
--
-- Restock ids that SQL knows are known with what it says of them. Those that only Redis knows stay
-- known: SQL may have heard of such a restock from a version that did not tell its id.

local targets = {POOLS, HOLDS, BUYERS, DEADLINES, FINISHED, WAITING, OPS}
local FIRST_MADE = 10

local function size_of(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return 0 end
  return redis.call(kind == 'hash' and 'HLEN' or 'ZCARD', key)
end

local function last_id()
  if redis.call('EXISTS', OUTBOX) == 0 then return '0-0' end
  local info = redis.call('XINFO', 'STREAM', OUTBOX)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end

local function is_complete()
  for i = 1, #targets do
    if size_of(KEYS[FIRST_MADE + i]) ~= args.made[i] then return false end
  end
  return true
end

if last_id() ~= args.last_id or not is_complete() then return reply('RESTORED', {again = true}) end

local made = {}
for i, packed in ipairs(redis.call('HVALS', KEYS[FIRST_MADE + 1])) do
  made[i] = cmsgpack.unpack(packed)
  if not is_lawful(made[i]) then return reply('BROKEN', {pools = {made[i]}}) end
end

-- Later than everything that the room has ever told, also where a clock has stepped back.
local last_ms = tonumber(string.match(args.last_id, '^%d+'))
epoch_ms = math.max(now_ms, epoch_ms + 1, args.after_ms + 1, last_ms + 1)

local remembered = redis.call('HGETALL', OPS)
for i, target in ipairs(targets) do
  redis.call('DEL', target)
  if args.made[i] > 0 then
    redis.call('RENAME', KEYS[FIRST_MADE + i], target)
    redis.call('PERSIST', target)
  end
end
for i = 1, #remembered, 2 do
  if redis.call('HSETNX', OPS, remembered[i], remembered[i + 1]) == 1 then
    redis.call('ZADD', FINISHED, whole(epoch_ms), 'op:' .. remembered[i])
  end
end
redis.call('SET', EPOCH, whole(epoch_ms))
redis.call('SET', CLOCK, whole(epoch_ms))
redis.call('XADD', OUTBOX, whole(epoch_ms) .. '-0', 'kind', 'RESTORED', 'pools', cmsgpack.pack(made))
return reply('RESTORED', {pools = made})
