-- Holds units for many buyers in one call, each all lines or none, one after the other.
--
-- args: hold_ids (each once), buyer_ids, picks (of each, the number of what it wants),
--       wants [{lines [[sale_id, quantity]] (one per sale, sorted by sale_id), or_wait}],
--       retention_ms, future_max_ms, reclaim_max, outbox_entries_max, waitlist_max
-- Returns: {now_ms, others {number -> outcome}, pools (all that were asked for, as they are
--           afterwards), seen {number -> hold}, refusing {number -> sale_id}}, or BROKEN.
--   Who is not among the others is HELD. They are: WAITING, REPLAYED, KEY_REUSED, STALE_ID,
--   STALE_EPOCH, UNKNOWN_SALE, NOT_STARTED, ENDED, PAUSED, USER_LIMIT, SOLD_OUT, ALREADY_WAITING,
--   WAITLIST_FULL (the first that applies, across all lines), or '?': more holds are due than one
--   call may expire, or more buyers wait than one call may serve; ask again.
--
-- Written for speed, because everybody comes at once: each hash is read and written by one command,
-- whatever many buyers share is worked out once, and a new hold's record is pieced together.

local hold_ids, buyer_ids, picks, wants = args.hold_ids, args.buyer_ids, args.picks, args.wants
local asked = #hold_ids
local AGAIN = '?'

local _, more_due = reclaim(args.reclaim_max)

-- Who waits comes before who asks now.
for _, want in ipairs(wants) do
  for _, line in ipairs(want.lines) do
    local record = pool(line[1])
    if record and is_serving(record) then changed_pools[line[1]] = true end
  end
end
if next(changed_pools) then serve_waitlists() end

local function id_at(made_at_ms)
  return string.format('%08x-%04x', math.floor(made_at_ms / 65536), made_at_ms % 65536)
end

-- Ids order like the times inside them.
local oldest_id, too_new_id = id_at(now_ms - args.retention_ms), id_at(now_ms + args.future_max_ms + 1)

local first_id_of_epoch = id_at(epoch_ms)

local is_outbox_full = redis.call('XLEN', OUTBOX) >= args.outbox_entries_max

-- Refusals of a sale, whoever asks; in order of precedence.
local SALE_REFUSALS = {
  {'BROKEN', function(record) return not record.paused and not is_lawful(record) end},
  {'NOT_STARTED', function(record)
    local started = record.starts_at_ms and now_ms >= record.starts_at_ms
    return not started and not has_ended(record)
  end},
  {'ENDED', has_ended},
  {'PAUSED', function(record) return record.paused or is_outbox_full end},
}

local function sale_refusal(lines)
  for _, line in ipairs(lines) do
    if not line.pool then return 'UNKNOWN_SALE' end
  end
  for _, rule in ipairs(SALE_REFUSALS) do
    for _, line in ipairs(lines) do
      if rule[2](line.pool) then return rule[1], line[SALE_ID] end
    end
  end
end

-- What all who want the same have in common.
for _, want in ipairs(wants) do
  want.count = #want.lines
  for _, line in ipairs(want.lines) do
    line.pool = pool(line[1])
    line.prefix = line[1] .. ':'
    want.must_wait = want.must_wait or unserved[line[1]]
  end
  want.refusal, want.refusing = sale_refusal(want.lines)
  if want.refusal == 'BROKEN' then pause_broken(want.refusing) end
end

-- The records of holds that exist, and what each buyer has of each line's sale.
local fields, fields_count = {}, 0
for i = 1, asked do
  local want, buyer_id = wants[picks[i]], buyer_ids[i]
  local lines = want.lines
  for j = 1, want.count do
    fields_count = fields_count + 1
    fields[fields_count] = lines[j].prefix .. buyer_id
  end
end
local seen = redis.call('HMGET', HOLDS, unpack(hold_ids))
local had = redis.call('HMGET', BUYERS, unpack(fields))
for i = 1, fields_count do
  local field, units = fields[i], had[i]
  if not counts[field] then counts[field] = units and tonumber(units) or 0 end
end

local function is_repeat(its_hold, buyer_id, lines)
  local held = its_hold[LINES]
  if its_hold[BUYER_ID] ~= buyer_id or #held ~= #lines then return false end
  for i, line in ipairs(lines) do
    if held[i][SALE_ID] ~= line[1] or held[i][QUANTITY] ~= line[2] then return false end
  end
  return true
end

local function lines_held(want)
  local list = {}
  for i, line in ipairs(want.lines) do
    list[i] = {line[1], line.pool.product_id, line[2], line.pool.price_cents}
  end
  return list
end

local deadlines = {}  -- deadline -> the ids of those that were made in this call

-- The part of a new hold's record that follows its buyer, and its deadline.
local function finish_record(want)
  local duration_ms = math.huge
  for _, line in ipairs(want.lines) do
    duration_ms = math.min(duration_ms, line.pool.hold_duration_ms)
  end
  local deadline = whole(now_ms + duration_ms)
  deadlines[deadline] = deadlines[deadline] or {}
  want.due_together = deadlines[deadline]
  local packed = {lines_held(want), 'held', now_ms, now_ms + duration_ms, false, false}
  want.rest = packed_all(packed)
  for _, line in ipairs(want.lines) do changed_pools[line[1]] = true end
end

-- msgpack: an array of 8 that begins with a string of 36 bytes; then a string's length, by length.
local RECORD_HEAD = '\152\217\36'
local STRING_HEADS = setmetatable({}, {__index = function(heads, length)
  heads[length] = '\217' .. string.char(length)
  return heads[length]
end})
local DIGITS = setmetatable({}, {__index = function(digits, number)
  digits[number] = whole(number)
  return digits[number]
end})

local is_new, new_records, holds_written, counts_written = {}, {}, {}, {}
local made, counted = 0, 0  -- how many

local function hold_units(i, want, first_field)
  if not want.rest then finish_record(want) end
  for j = 1, want.count do
    local line, field = want.lines[j], fields[first_field + j]
    local record, units = line.pool, line[2]
    record.available = record.available - units
    record.held = record.held + units
    record.version = record.version + 1
    local has = counts[field] + units
    counts[field] = has
    counts_written[counted + 1], counts_written[counted + 2] = field, DIGITS[has]
    counted = counted + 2
  end
  local hold_id, buyer_id = hold_ids[i], buyer_ids[i]
  if is_new[hold_id] then error('hold id ' .. hold_id .. ' twice in one call') end
  is_new[hold_id] = true
  local record = RECORD_HEAD .. hold_id .. STRING_HEADS[#buyer_id] .. buyer_id .. want.rest
  made = made + 1
  new_records[made] = record
  holds_written[2 * made - 1], holds_written[2 * made] = hold_id, record
  local due = want.due_together
  due[#due + 1] = hold_id
end

local function line_refusal(want, first_field)
  local lines = want.lines
  for j = 1, want.count do
    local line = lines[j]
    if counts[fields[first_field + j]] + line[2] > line.pool.per_buyer_max then
      return 'USER_LIMIT', line[1]
    end
  end
  for j = 1, want.count do
    local line = lines[j]
    if line.pool.available < line[2] then return 'SOLD_OUT', line[1] end
  end
end

-- More units at once would have to let those who want one pass, or to keep them from a free unit.
local function is_one_unit(want) return want.count == 1 and want.lines[1][2] == 1 end

local function wait_instead(i, want)
  local record = want.lines[1].pool
  local made = {
    hold_ids[i], buyer_ids[i], lines_held(want), 'waiting', now_ms, record.ends_at_ms, false, false,
  }
  if waiting_at(buyer_field(made)) then return 'ALREADY_WAITING' end
  if record.waiting >= args.waitlist_max then return 'WAITLIST_FULL' end
  start_waiting(made, record)
  return 'WAITING'
end

local others, seen_holds, refusing = {}, {}, {}
local at_field = 0
for i = 1, asked do
  local want, hold_id, outcome = wants[picks[i]], hold_ids[i], nil
  if seen[i] then
    seen_holds[i] = holds[hold_id] or cmsgpack.unpack(seen[i])  -- it may have expired just now
    outcome = is_repeat(seen_holds[i], buyer_ids[i], want.lines) and 'REPLAYED' or 'KEY_REUSED'
  elseif hold_id < oldest_id or hold_id >= too_new_id then
    outcome = 'STALE_ID'
  elseif hold_id < first_id_of_epoch then
    outcome = 'STALE_EPOCH'
  elseif want.refusal then
    outcome, refusing[i] = want.refusal, want.refusing
  elseif want.must_wait then
    outcome = AGAIN
  else
    outcome, refusing[i] = line_refusal(want, at_field)
    if not outcome then
      outcome = 'HELD'
      hold_units(i, want, at_field)
    elseif more_due then
      outcome = AGAIN
    elseif outcome == 'SOLD_OUT' and want.or_wait and is_one_unit(want) then
      outcome = wait_instead(i, want)
    end
  end
  if outcome ~= 'HELD' then others[i] = outcome end
  at_field = at_field + want.count
end

local asked_pools = {}
for _, record in pairs(pools) do
  if record then asked_pools[#asked_pools + 1] = record end
end

local function sold_now()
  local list, listed = {}, {}
  for _, want in ipairs(wants) do
    for _, line in ipairs(want.rest and want.lines or {}) do
      if not listed[line.pool] then list[#list + 1] = line.pool end
      listed[line.pool] = true
    end
  end
  return list
end

local function write_new_holds()
  if made == 0 then return end
  redis.call('HSET', HOLDS, unpack(holds_written))
  redis.call('HSET', BUYERS, unpack(counts_written))
  for deadline, ids in pairs(deadlines) do
    redis.call('ZADD', DEADLINES, deadline, table.concat(ids))
  end
end

if made > 0 then tell_packed('HELD', table.concat(new_records), sold_now()) end
return commit('HELD', {
  others = others, pools = asked_pools, seen = seen_holds, refusing = refusing,
}, write_new_holds)
