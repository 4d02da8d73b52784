-- What an audit needs of a room at one moment. Reads its sales and the buyers asked for, no holds:
-- those are read in small steps (scan.py), so that nobody waits for an audit.
--
-- args: buyers [field of `buyers`]
-- Returns: {now_ms, epoch_ms, last_id (of the outbox), outbox_entries, pools, bought [units]}

local facts = {
  now_ms = now_ms, epoch_ms = epoch_ms, last_id = '0-0', outbox_entries = 0, pools = {}, bought = {},
}

for i, packed in ipairs(redis.call('HVALS', POOLS)) do facts.pools[i] = cmsgpack.unpack(packed) end
for i, field in ipairs(args.buyers) do
  facts.bought[i] = tonumber(redis.call('HGET', BUYERS, field) or '0')
end

if redis.call('EXISTS', OUTBOX) == 1 then
  local info = redis.call('XINFO', 'STREAM', OUTBOX)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then facts.last_id = info[i + 1] end
    if info[i] == 'length' then facts.outbox_entries = info[i + 1] end
  end
end
return cmsgpack.pack(facts)
