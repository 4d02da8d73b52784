-- What every script begins with: the room's keys, its clock, and one set of changes.
--
-- KEYS (the same ten for every script, all with the room's hash tag; see keys.py):
--   pools holds buyers deadlines finished ops clock outbox waiting epoch
-- ARGV[1]: the command's own arguments, a msgpack map (each script's header names them)
-- Returns: a msgpack map {outcome, now_ms, epoch_ms, hold?, pools?, first_outcome?, ...}
--
-- A script reads records through `pool`, `hold` and `units_of`, changes them in memory, and ends in
-- `commit`, which serves the waitlists and checks the conservation law of every changed pool BEFORE
-- the first write. A pool that breaks it is paused, a BROKEN entry tells, and nothing else is
-- written.
--
-- The rules twin `inventory/pool.py` and `inventory/hold.py`.
-- Records are packed with cmsgpack, never cjson (whose %.14g would round). Lua: 0 is truthy.

local POOLS, HOLDS, BUYERS = KEYS[1], KEYS[2], KEYS[3]
local DEADLINES, FINISHED, OPS = KEYS[4], KEYS[5], KEYS[6]
local CLOCK, OUTBOX, WAITING = KEYS[7], KEYS[8], KEYS[9]
local EPOCH = KEYS[10]

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

-- When this state was restored from SQL; 0 if it never was.
local epoch_ms = tonumber(redis.call('GET', EPOCH) or '0')

-- Records as they will be. `false` stands for "not there", so that nothing is looked up twice.
local pools, holds, counts = {}, {}, {}
local changed_pools, changed_holds, changed_counts, ending = {}, {}, {}, {}
local entries = {}
local places, changed_places = {}, {}  -- of the waitlists; see waitlist.lua
local passed_deadlines, deadlines_to_come = {}, {}  -- members; scores and members

local function whole(number) return string.format('%.0f', number) end

-- Names in DEADLINES what must be looked at when (see reclaim.lua), once the command is committed.
local function look_at(member, from_ms)
  deadlines_to_come[#deadlines_to_come + 1] = whole(from_ms)
  deadlines_to_come[#deadlines_to_come + 1] = member
end

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
-- `packed_holds`: their records, one after the other. `restock_id`: SQL must know it, too.
local function tell_packed(kind, packed_holds, its_pools, units, restock_id)
  local entry = {'kind', kind, 'pools', cmsgpack.pack(its_pools)}
  if packed_holds ~= '' then
    entry[#entry + 1] = 'holds'
    entry[#entry + 1] = packed_holds
  end
  if units then
    entry[#entry + 1] = 'units'
    entry[#entry + 1] = units
  end
  if restock_id then
    entry[#entry + 1] = 'restock_id'
    entry[#entry + 1] = restock_id
  end
  entries[#entries + 1] = entry
end

local function tell(kind, its_holds, its_pools, units, restock_id)
  tell_packed(kind, packed_all(its_holds), its_pools, units, restock_id)
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
  READMITTED = {state = 'held', from = 'available', to = 'held', counted = 1},
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
