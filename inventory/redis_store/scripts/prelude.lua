-- What every script begins with: the room's keys, its clock, and one set of changes.
--
-- KEYS (the same eight for every script, all with the room's hash tag; see keys.py):
--   pools holds buyers deadlines finished ops clock outbox
-- ARGV[1]: the command's own arguments, a msgpack map (each script's header names them)
-- Returns: a msgpack map {outcome, now_ms, hold?, pools?, first_outcome?, ...}
--
-- A script reads records through `pool`, `hold` and `units_of`, changes them in memory, and ends in
-- `commit`, which checks the conservation law of every changed pool BEFORE the first write. A pool
-- that breaks it is paused, a BROKEN entry tells, and nothing else is written.
--
-- The rules twin `inventory/pool.py`, `inventory/hold.py` and `inventory/uuid7.py`.
-- Records are packed with cmsgpack, never cjson (whose %.14g would round). Lua: 0 is truthy.

local POOLS, HOLDS, BUYERS = KEYS[1], KEYS[2], KEYS[3]
local DEADLINES, FINISHED, OPS = KEYS[4], KEYS[5], KEYS[6]
local CLOCK, OUTBOX = KEYS[7], KEYS[8]

local args = cmsgpack.unpack(ARGV[1])

-- Redis TIME, but never below the highest time seen: a clock stepping back must not re-open a sale.
local function read_clock()
  local time = redis.call('TIME')
  local measured_ms = time[1] * 1000 + math.floor(time[2] / 1000)
  local highest_ms = tonumber(redis.call('GET', CLOCK) or '0')
  if measured_ms <= highest_ms then return highest_ms end
  redis.call('SET', CLOCK, measured_ms)
  return measured_ms
end

local now_ms = read_clock()

-- Records as they will be. `false` stands for "not there", so that nothing is looked up twice.
local pools, holds, counts = {}, {}, {}
local changed_pools, changed_holds, changed_counts, ending = {}, {}, {}, {}
local entries = {}

local function fetch(cache, key, field)
  local record = cache[field]
  if record == nil then
    local packed = redis.call('HGET', key, field)
    record = packed and cmsgpack.unpack(packed) or false
    cache[field] = record
  end
  return record or nil
end

local function pool(sale_id) return fetch(pools, POOLS, sale_id) end

local function hold(hold_id) return fetch(holds, HOLDS, hold_id) end

-- Units of a sale that a buyer holds or has bought.
local function units_of(sale_id, buyer_id)
  local field = sale_id .. ':' .. buyer_id
  if counts[field] == nil then
    counts[field] = tonumber(redis.call('HGET', BUYERS, field) or '0')
  end
  return counts[field]
end

local function count(sale_id, buyer_id, change)
  local field = sale_id .. ':' .. buyer_id
  counts[field] = units_of(sale_id, buyer_id) + change
  changed_counts[field] = true
end

local function change_pool(record)
  pools[record.sale_id] = record
  record.version = record.version + 1
  changed_pools[record.sale_id] = true
end

-- Sets when a sale ends. Retention counts from then; what is forgotten when is in FINISHED.
local function set_end(record, ends_at_ms)
  record.ends_at_ms = ends_at_ms
  ending[record.sale_id] = true
  change_pool(record)
end

local function is_lawful(record)
  return record.total >= 0 and record.available >= 0 and record.held >= 0 and record.sold >= 0
    and record.total == record.available + record.held + record.sold
end

-- One outbox entry; packed at once, because it must show the records as they are at this step.
local function tell(kind, its_hold, its_pools, units)
  local entry = {'kind', kind, 'pools', cmsgpack.pack(its_pools)}
  if its_hold then
    entry[#entry + 1] = 'hold'
    entry[#entry + 1] = cmsgpack.pack(its_hold)
  end
  if units then
    entry[#entry + 1] = 'units'
    entry[#entry + 1] = units
  end
  entries[#entries + 1] = entry
end

-- The pools of a hold; without those of sales that were archived or lost.
local function pools_of(its_hold)
  local list = {}
  for _, line in ipairs(its_hold.lines) do list[#list + 1] = pool(line.sale_id) end
  return list
end

-- A live hold whose pool is gone: a record was lost, and no unit can move.
local function is_stranded(its_hold)
  return its_hold.state == 'held' and #pools_of(its_hold) < #its_hold.lines
end

-- What an outcome does to a hold: units move `from` one account of each pool `to` another, the
-- buyer's own count changes by `counted` times the units. Twin of TRANSITIONS in hold.py.
local EFFECTS = {
  HELD = {state = 'held', from = 'available', to = 'held', counted = 1},
  PAID = {state = 'paid', from = 'held', to = 'sold', counted = 0},
  CANCELLED = {state = 'cancelled', from = 'held', to = 'available', counted = -1},
  EXPIRED = {state = 'expired', from = 'held', to = 'available', counted = -1},
  PAID_LATE = {state = 'paid', from = 'available', to = 'sold', counted = 1},
  REFUND_DUE = {state = 'refund_due'},
}

local function save(its_hold)
  holds[its_hold.hold_id] = its_hold
  changed_holds[its_hold.hold_id] = true
end

-- Lets `outcome` happen to a hold, in memory, and tells it. The caller has checked that it may.
local function happen(outcome, its_hold)
  local effect = EFFECTS[outcome]
  if effect.from then
    for _, line in ipairs(its_hold.lines) do
      local record = pool(line.sale_id)
      record[effect.from] = record[effect.from] - line.quantity
      record[effect.to] = record[effect.to] + line.quantity
      count(line.sale_id, its_hold.buyer_id, effect.counted * line.quantity)
      change_pool(record)
    end
  end
  its_hold.state = effect.state
  its_hold.paid_late = outcome == 'PAID_LATE'
  if outcome ~= 'HELD' then its_hold.finished_at_ms = now_ms end
  save(its_hold)
  tell(outcome, its_hold, effect.from and pools_of(its_hold) or {})
end

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
  local from_ms = its_hold.finished_at_ms
  for _, record in ipairs(pools_of(its_hold)) do
    from_ms = math.max(from_ms, record.ends_at_ms or 0)
  end
  return from_ms
end

-- The deadlines hold exactly the live holds, `finished` all the others.
local function write_hold(hold_id)
  local record = holds[hold_id]
  redis.call('HSET', HOLDS, hold_id, cmsgpack.pack(record))
  if record.state == 'held' then
    redis.call('ZADD', DEADLINES, record.deadline_ms, hold_id)
  else
    redis.call('ZADD', FINISHED, retained_from_ms(record), hold_id)
    redis.call('ZREM', DEADLINES, hold_id)
  end
end

local function write_count(field)
  if counts[field] <= 0 then
    redis.call('HDEL', BUYERS, field)
  else
    redis.call('HSET', BUYERS, field, counts[field])
  end
end

local function reply(outcome, fields)
  fields = fields or {}
  fields.outcome = outcome
  fields.now_ms = now_ms
  return cmsgpack.pack(fields)
end

-- Checks, then writes everything, then answers. The first write is one that Redis refuses when it
-- is out of memory, so that a full Redis refuses the whole command and not its second half.
local function commit(outcome, fields)
  local broken = pause_all_broken()
  if #broken > 0 then return reply('BROKEN', {pools = broken}) end
  for sale_id in pairs(changed_pools) do
    redis.call('HSET', POOLS, sale_id, cmsgpack.pack(pools[sale_id]))
  end
  for sale_id in pairs(ending) do
    redis.call('ZADD', FINISHED, pools[sale_id].ends_at_ms, 'sale:' .. sale_id)
  end
  for hold_id in pairs(changed_holds) do write_hold(hold_id) end
  for field in pairs(changed_counts) do write_count(field) end
  for _, entry in ipairs(entries) do append(entry) end
  return reply(outcome, fields)
end

-- Ids (UUIDv7) whose own time is outside the window in which ids are remembered are refused.
local function is_stale(id)
  local made_at_ms = tonumber(string.sub(id, 1, 8) .. string.sub(id, 10, 13), 16)
  return made_at_ms < now_ms - args.retention_ms or made_at_ms > now_ms + args.future_max_ms
end

-- A due hold on a broken pool must not block the others: it is looked at again in a minute.
-- Returns whether the hold was set aside.
local function set_aside(its_hold)
  local aside = false
  for _, line in ipairs(its_hold.lines) do
    local record = pool(line.sale_id)
    if not record then
      aside = true
    elseif not is_lawful(record) or record.held < line.quantity then
      pause_broken(line.sale_id)
      record.paused = true
      record.version = record.version + 1
      aside = true
    end
  end
  if aside then redis.call('ZADD', DEADLINES, now_ms + 60000, its_hold.hold_id) end
  return aside
end

-- Expires due holds in memory, oldest first. Returns those expired, and whether more may be due.
local function reclaim(at_most)
  local due = redis.call('ZRANGEBYSCORE', DEADLINES, '-inf', now_ms, 'LIMIT', 0, at_most)
  local expired = {}
  for _, hold_id in ipairs(due) do
    local its_hold = hold(hold_id)
    if not its_hold or its_hold.state ~= 'held' then
      redis.call('ZREM', DEADLINES, hold_id)  -- a deadline of nothing; it must not stay first
    elseif not set_aside(its_hold) then
      happen('EXPIRED', its_hold)
      expired[#expired + 1] = its_hold
    end
  end
  return expired, #due == at_most
end
