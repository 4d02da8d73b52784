-- Part of every script, after the waitlist: checking and writing what it changed in memory.

local function append(entry) redis.call('XADD', OUTBOX, '*', unpack(entry)) end

-- Pauses a sale whose stored record, or the record about to be stored, breaks the law.
local function pause_broken(sale_id)
  local record = cmsgpack.unpack(redis.call('HGET', POOLS, sale_id))
  if record.paused then return record end
  record.paused = true
  record.version = record.version + 1
  redis.call('HSET', POOLS, sale_id, cmsgpack.pack(record))
  append({'kind', 'BROKEN', 'pools', cmsgpack.pack({record})})
  return record
end

local function pause_all_broken()
  local broken = {}
  for sale_id in pairs(changed_pools) do
    if not is_lawful(pools[sale_id]) then broken[#broken + 1] = pause_broken(sale_id) end
  end
  return broken
end

-- When retention begins: a hold is remembered for as long as its sales could count its units
-- against its buyer.
local function retained_from_ms(its_hold)
  local from_ms = its_hold[FINISHED_AT]
  for _, record in ipairs(pools_of(its_hold)) do
    from_ms = math.max(from_ms, record.ends_at_ms or 0)
  end
  return from_ms
end

local function write_holds()
  local records, finished = {}, {}
  for hold_id in pairs(changed_holds) do
    local record = holds[hold_id]
    records[#records + 1] = hold_id
    records[#records + 1] = cmsgpack.pack(record)
    if is_live(record) then
      look_at(hold_id, record[DEADLINE])
    else
      finished[#finished + 1] = whole(retained_from_ms(record))
      finished[#finished + 1] = hold_id
    end
  end
  if #records > 0 then redis.call('HSET', HOLDS, unpack(records)) end
  if #finished > 0 then redis.call('ZADD', FINISHED, unpack(finished)) end
end

local function write_counts()
  local there, gone = {}, {}
  for field in pairs(changed_counts) do
    if counts[field] <= 0 then
      gone[#gone + 1] = field
    else
      there[#there + 1] = field
      there[#there + 1] = whole(counts[field])
    end
  end
  if #there > 0 then redis.call('HSET', BUYERS, unpack(there)) end
  if #gone > 0 then redis.call('HDEL', BUYERS, unpack(gone)) end
end

local function write_places()
  local there, gone = {}, {}
  for field in pairs(changed_places) do
    if places[field] then
      there[#there + 1] = field
      there[#there + 1] = places[field]
    else
      gone[#gone + 1] = field
    end
  end
  if #there > 0 then redis.call('HSET', WAITING, unpack(there)) end
  if #gone > 0 then redis.call('HDEL', WAITING, unpack(gone)) end
end

-- What has passed goes first: the same member may be named again for later.
local function write_deadlines()
  for sale_id in pairs(unserved) do look_at('sale:' .. sale_id, now_ms) end
  if #passed_deadlines > 0 then redis.call('ZREM', DEADLINES, unpack(passed_deadlines)) end
  if #deadlines_to_come > 0 then redis.call('ZADD', DEADLINES, unpack(deadlines_to_come)) end
end

local function reply(outcome, fields)
  fields = fields or {}
  fields.outcome = outcome
  fields.now_ms = now_ms
  fields.epoch_ms = epoch_ms
  return cmsgpack.pack(fields)
end

-- Checks, then writes everything (and what `write_more` does besides), then answers. The first write
-- is one that Redis refuses when it is out of memory, so that a full Redis refuses the whole command
-- and not its second half.
local function commit(outcome, fields, write_more)
  serve_waitlists()
  local broken = pause_all_broken()
  if #broken > 0 then return reply('BROKEN', {pools = broken}) end
  for sale_id in pairs(changed_pools) do
    redis.call('HSET', POOLS, sale_id, cmsgpack.pack(pools[sale_id]))
  end
  for sale_id in pairs(ending) do
    redis.call('ZADD', FINISHED, whole(pools[sale_id].ends_at_ms), 'sale:' .. sale_id)
  end
  if write_more then write_more() end
  write_holds()
  write_counts()
  write_places()
  write_deadlines()
  for _, entry in ipairs(entries) do append(entry) end
  return reply(outcome, fields)
end
