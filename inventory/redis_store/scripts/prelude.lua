-- What every script begins with: the room's keys, its clock, and one set of changes.
--
-- KEYS (the same nine for every script, all with the room's hash tag; see keys.py):
--   pools holds buyers deadlines finished ops clock outbox waiting
-- ARGV[1]: the command's own arguments, a msgpack map (each script's header names them)
-- Returns: a msgpack map {outcome, now_ms, hold?, pools?, first_outcome?, ...}
--
-- A script reads records through `pool`, `hold` and `units_of`, changes them in memory, and ends in
-- `commit`, which serves the waitlists and checks the conservation law of every changed pool BEFORE
-- the first write. A pool that breaks it is paused, a BROKEN entry tells, and nothing else is
-- written.
--
-- The rules twin `inventory/pool.py`, `inventory/hold.py` and `inventory/uuid7.py`.
-- Records are packed with cmsgpack, never cjson (whose %.14g would round). Lua: 0 is truthy.

local POOLS, HOLDS, BUYERS = KEYS[1], KEYS[2], KEYS[3]
local DEADLINES, FINISHED, OPS = KEYS[4], KEYS[5], KEYS[6]
local CLOCK, OUTBOX, WAITING = KEYS[7], KEYS[8], KEYS[9]

-- A hold is an array: its fields in the order of `Hold` in hold.py, and those of its lines.
local HOLD_ID, BUYER_ID, LINES, STATE, CREATED_AT, DEADLINE, EXTENDED, OFFERED = 1, 2, 3, 4, 5, 6, 7, 8
local FINISHED_AT, PAYMENT_ID, PAID_LATE, REFUND_ID = 9, 10, 11, 12
local SALE_ID, PRODUCT_ID, QUANTITY, PRICE = 1, 2, 3, 4

local OFFER_DURATION_MS, OFFERS_PER_COMMAND_MAX = 60000, 50

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
local entries, places, left_places, passed_deadlines = {}, {}, {}, {}

local function whole(number) return string.format('%.0f', number) end

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

-- Reads many holds in one go, for those that will be asked for one by one.
local function fetch_holds(hold_ids)
  if #hold_ids == 0 then return end
  for i, packed in ipairs(redis.call('HMGET', HOLDS, unpack(hold_ids))) do
    if holds[hold_ids[i]] == nil then
      holds[hold_ids[i]] = packed and cmsgpack.unpack(packed) or false
    end
  end
end

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
  record.version = record.version + 1
  pools[record.sale_id] = record
  changed_pools[record.sale_id] = true
end

-- Sets when a sale ends. Retention counts from then; what is forgotten when is in FINISHED.
local function set_end(record, ends_at_ms)
  record.ends_at_ms = ends_at_ms
  ending[record.sale_id] = true
  change_pool(record)
end

local function has_ended(record) return record.ends_at_ms and now_ms >= record.ends_at_ms end

local function is_lawful(record)
  return record.total >= 0 and record.available >= 0 and record.held >= 0 and record.sold >= 0
    and record.total == record.available + record.held + record.sold
end

local function packed_all(records)
  local packed = {}
  for i, record in ipairs(records) do packed[i] = cmsgpack.pack(record) end
  return table.concat(packed)
end

-- One outbox entry; packed at once, because it must show the records as they are at this step.
-- `packed_holds`: their records, one after the other.
local function tell_packed(kind, packed_holds, its_pools, units)
  local entry = {'kind', kind, 'pools', cmsgpack.pack(its_pools)}
  if packed_holds ~= '' then
    entry[#entry + 1] = 'holds'
    entry[#entry + 1] = packed_holds
  end
  if units then
    entry[#entry + 1] = 'units'
    entry[#entry + 1] = units
  end
  entries[#entries + 1] = entry
end

local function tell(kind, its_holds, its_pools, units)
  tell_packed(kind, packed_all(its_holds), its_pools, units)
end

-- The pools of a hold; without those of sales that were archived or lost.
local function pools_of(its_hold)
  local list = {}
  for _, line in ipairs(its_hold[LINES]) do list[#list + 1] = pool(line[SALE_ID]) end
  return list
end

-- A live hold whose pool is gone: a record was lost, and no unit can move.
local function is_stranded(its_hold)
  return its_hold[STATE] == 'held' and #pools_of(its_hold) < #its_hold[LINES]
end

-- What an outcome does to a hold: units move `from` one account of each pool `to` another (supply:
-- the pool's total changes), the buyer's own count changes by `counted` times the units. Twin of
-- TRANSITIONS in hold.py.
local EFFECTS = {
  HELD = {state = 'held', from = 'available', to = 'held', counted = 1},
  PAID = {state = 'paid', from = 'held', to = 'sold', counted = 0},
  CANCELLED = {state = 'cancelled', from = 'held', to = 'available', counted = -1},
  EXPIRED = {state = 'expired', from = 'held', to = 'available', counted = -1},
  PAID_LATE = {state = 'paid', from = 'available', to = 'sold', counted = 1},
  REFUND_DUE = {state = 'refund_due'},
  WAITING = {state = 'waiting'},
  OFFERED = {state = 'held', from = 'available', to = 'held', counted = 1},
  LEFT = {state = 'cancelled'},
  UNSERVED = {state = 'expired'},
  RETURNED = {state = 'refunded', from = 'sold', to = 'available', counted = -1},
  REFUNDED = {state = 'refunded', from = 'sold', to = 'supply', counted = -1},
  REPAID = {state = 'refunded'},
}

local function is_live(its_hold) return its_hold[STATE] == 'held' or its_hold[STATE] == 'waiting' end

local function save(its_hold)
  holds[its_hold[HOLD_ID]] = its_hold
  changed_holds[its_hold[HOLD_ID]] = true
end

local function move_units(its_hold, effect)
  for _, line in ipairs(its_hold[LINES]) do
    local record, units = pool(line[SALE_ID]), line[QUANTITY]
    record[effect.from] = record[effect.from] - units
    if effect.to == 'supply' then
      record.total = record.total - units
    else
      record[effect.to] = record[effect.to] + units
    end
    count(line[SALE_ID], its_hold[BUYER_ID], effect.counted * units)
    change_pool(record)
  end
end

-- Lets `outcome` happen to a hold, in memory. The caller has checked that it may, and tells it.
local function apply(outcome, its_hold)
  local effect = EFFECTS[outcome]
  if effect.from then move_units(its_hold, effect) end
  its_hold[STATE] = effect.state
  its_hold[FINISHED_AT] = not is_live(its_hold) and now_ms or nil
  save(its_hold)
end

-- The pools whose units `outcome` moved, each once.
local function pools_moved(outcome, its_holds)
  local seen, list = {}, {}
  for _, its_hold in ipairs(EFFECTS[outcome].from and its_holds or {}) do
    for _, record in ipairs(pools_of(its_hold)) do
      if not seen[record] then list[#list + 1] = record end
      seen[record] = true
    end
  end
  return list
end

local function tell_all(outcome, its_holds) tell(outcome, its_holds, pools_moved(outcome, its_holds)) end

local function happen(outcome, its_hold)
  apply(outcome, its_hold)
  tell_all(outcome, {its_hold})
end

-- The waitlist. A place is a number; WAITING maps "sale_id:number" to the hold that waits there,
-- and "sale_id:buyer:buyer_id" to the one hold by which a buyer waits.

local function place_field(record, number) return record.sale_id .. ':' .. whole(number) end

local function buyer_field(its_hold)
  return its_hold[LINES][1][SALE_ID] .. ':buyer:' .. its_hold[BUYER_ID]
end

-- A hold does not wait any more; its place stays, and is skipped.
local function stop_counting(its_hold)
  local record = pool(its_hold[LINES][1][SALE_ID])
  if record then
    record.waiting = record.waiting - 1
    change_pool(record)
  end
  left_places[#left_places + 1] = buyer_field(its_hold)
end

-- Ends a hold's waiting, in one of three ways: OFFERED, LEFT or UNSERVED.
local function stop_waiting(outcome, its_hold)
  stop_counting(its_hold)
  apply(outcome, its_hold)
  tell(outcome, {its_hold}, pools_of(its_hold))
end

-- Gives a new hold the last place of its sale's waitlist.
local function start_waiting(its_hold, record)
  places[place_field(record, record.waiting_end)] = its_hold[HOLD_ID]
  places[buyer_field(its_hold)] = its_hold[HOLD_ID]
  record.waiting_end = record.waiting_end + 1
  record.waiting = record.waiting + 1
  change_pool(record)
  apply('WAITING', its_hold)
  tell('WAITING', {its_hold}, {record})
end

local function is_within_limit(its_hold, record)
  local line = its_hold[LINES][1]
  return units_of(line[SALE_ID], its_hold[BUYER_ID]) + line[QUANTITY] <= record.per_buyer_max
end

-- Serves or skips the first place of a sale's waitlist. Returns whether there may be more to do.
local function serve_first(record)
  local field = place_field(record, record.waiting_next)
  local hold_id = places[field] or redis.call('HGET', WAITING, field)
  local its_hold = hold_id and hold(hold_id)
  if its_hold and its_hold[STATE] == 'waiting' then
    if record.available < its_hold[LINES][1][QUANTITY] then return false end
    if is_within_limit(its_hold, record) then
      its_hold[OFFERED], its_hold[DEADLINE] = true, now_ms + OFFER_DURATION_MS
      stop_waiting('OFFERED', its_hold)
    else
      stop_waiting('UNSERVED', its_hold)
    end
  end
  left_places[#left_places + 1] = field
  record.waiting_next = record.waiting_next + 1
  changed_pools[record.sale_id] = true  -- nothing that anybody sees
  return true
end

local function is_serving(record)
  return record.waiting_next < record.waiting_end and record.available > 0
    and not record.paused and not has_ended(record) and is_lawful(record)
end

-- Units that are free go to those who wait, first come first served.
local function serve_waitlists()
  local serving = {}
  for sale_id in pairs(changed_pools) do serving[#serving + 1] = sale_id end
  table.sort(serving)
  for _, sale_id in ipairs(serving) do
    for _ = 1, OFFERS_PER_COMMAND_MAX do
      if not is_serving(pools[sale_id]) or not serve_first(pools[sale_id]) then break end
    end
  end
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
  local from_ms = its_hold[FINISHED_AT]
  for _, record in ipairs(pools_of(its_hold)) do
    from_ms = math.max(from_ms, record.ends_at_ms or 0)
  end
  return from_ms
end

-- DEADLINES: who must be looked at when. A member is one hold id after the other, the score is when
-- their time is over at the latest; a live hold is named by one at least. Resolving a hold leaves
-- its name there: whoever looks then, sees that it is over.
local function write_holds()
  local records, finished, by_deadline = {}, {}, {}
  for hold_id in pairs(changed_holds) do
    local record = holds[hold_id]
    records[#records + 1] = hold_id
    records[#records + 1] = cmsgpack.pack(record)
    if is_live(record) then
      redis.call('ZADD', DEADLINES, whole(record[DEADLINE]), hold_id)
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
  for field, hold_id in pairs(places) do redis.call('HSET', WAITING, field, hold_id) end
  if #left_places > 0 then redis.call('HDEL', WAITING, unpack(left_places)) end
end

local function reply(outcome, fields)
  fields = fields or {}
  fields.outcome = outcome
  fields.now_ms = now_ms
  return cmsgpack.pack(fields)
end

-- Checks, then writes everything (and what `write_more` does besides), then answers. The first write is one that Redis refuses when it
-- is out of memory, so that a full Redis refuses the whole command and not its second half.
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
  if #passed_deadlines > 0 then redis.call('ZREM', DEADLINES, unpack(passed_deadlines)) end
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
  for _, line in ipairs(its_hold[LINES]) do
    local record = pool(line[SALE_ID])
    if not record then
      aside = true
    elseif not is_lawful(record) or record.held < line[QUANTITY] then
      pause_broken(line[SALE_ID])
      record.paused = true
      record.version = record.version + 1
      aside = true
    end
  end
  if aside then redis.call('ZADD', DEADLINES, whole(now_ms + 60000), its_hold[HOLD_ID]) end
  return aside
end

local HOLD_ID_LENGTH = 36

local function ids_in(member)
  local ids = {}
  for at = 1, #member, HOLD_ID_LENGTH do
    ids[#ids + 1] = string.sub(member, at, at + HOLD_ID_LENGTH - 1)
  end
  return ids
end

-- Those of the named holds whose time is over, at most `at_most` of them.
local function due_among(hold_ids, at_most)
  fetch_holds(hold_ids)
  local due = {}
  for _, hold_id in ipairs(hold_ids) do
    local its_hold = holds[hold_id]
    if its_hold and is_live(its_hold) and now_ms >= its_hold[DEADLINE] then
      due[#due + 1] = its_hold
      if #due == at_most then break end
    end
  end
  return due
end

-- Expires due holds, and ends waiting that is over, in memory, oldest first. Returns those that it
-- did it to, and whether more may be due.
local function reclaim(at_most)
  local over, expired, looked_at = {}, {}, 0
  local members = redis.call('ZRANGEBYSCORE', DEADLINES, '-inf', whole(now_ms), 'LIMIT', 0, at_most)
  for _, member in ipairs(members) do
    local room_left = at_most - looked_at
    if room_left == 0 then break end
    local due = due_among(ids_in(member), room_left)
    looked_at = looked_at + #due
    if #due < room_left then passed_deadlines[#passed_deadlines + 1] = member end
    for _, its_hold in ipairs(due) do
      if its_hold[STATE] == 'waiting' then
        stop_waiting('UNSERVED', its_hold)
        over[#over + 1] = its_hold
      elseif not set_aside(its_hold) then
        apply('EXPIRED', its_hold)
        expired[#expired + 1] = its_hold
        over[#over + 1] = its_hold
      end
    end
  end
  if #expired > 0 then tell_all('EXPIRED', expired) end
  return over, looked_at == at_most or #members == at_most
end
