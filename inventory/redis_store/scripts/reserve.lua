-- Holds units of one or more sales for a buyer: all lines or none.
--
-- args: hold_id, buyer_id, lines [{sale_id, quantity}] (one per sale, sorted by sale_id),
--       retention_ms, future_max_ms, reclaim_max, outbox_entries_max
-- Returns: HELD, or REPLAYED, KEY_REUSED, STALE_ID, UNKNOWN_SALE, NOT_STARTED, ENDED, PAUSED,
--          USER_LIMIT, SOLD_OUT (the first that applies, across all lines), or BROKEN.
--          again = true: it refused, but more holds are due than one call may expire; call again.

local function is_repeat_of(seen)
  if seen.buyer_id ~= args.buyer_id or #seen.lines ~= #args.lines then return false end
  for i, line in ipairs(seen.lines) do
    local wanted = args.lines[i]
    if line.sale_id ~= wanted.sale_id or line.quantity ~= wanted.quantity then return false end
  end
  return true
end

local function has_ended(record) return record.ends_at_ms and now_ms >= record.ends_at_ms end

local function is_outbox_full() return redis.call('XLEN', OUTBOX) >= args.outbox_entries_max end

-- In order of precedence: each asks one line and its pool.
local REFUSALS = {
  {'NOT_STARTED', function(_, record)
    local started = record.starts_at_ms and now_ms >= record.starts_at_ms
    return not started and not has_ended(record)
  end},
  {'ENDED', function(_, record) return has_ended(record) end},
  {'PAUSED', function(_, record) return record.paused or is_outbox_full() end},
  {'USER_LIMIT', function(line, record)
    return units_of(line.sale_id, args.buyer_id) + line.quantity > record.per_buyer_max
  end},
  {'SOLD_OUT', function(line, record) return record.available < line.quantity end},
}

local function refusal()
  for _, rule in ipairs(REFUSALS) do
    for _, line in ipairs(args.lines) do
      local record = pool(line.sale_id)
      if rule[2](line, record) then return rule[1], record end
    end
  end
end

local function new_hold()
  local made = {
    hold_id = args.hold_id, buyer_id = args.buyer_id, lines = {},
    created_at_ms = now_ms, deadline_ms = math.huge, extended = false,
  }
  for i, line in ipairs(args.lines) do
    local record = pool(line.sale_id)
    made.lines[i] = {
      sale_id = line.sale_id, product_id = record.product_id,
      quantity = line.quantity, price_cents = record.price_cents,
    }
    made.deadline_ms = math.min(made.deadline_ms, now_ms + record.hold_duration_ms)
  end
  return made
end

local seen = hold(args.hold_id)
if seen then
  if not is_repeat_of(seen) then return reply('KEY_REUSED') end
  return reply('REPLAYED', {hold = seen, first_outcome = 'HELD'})
end
if is_stale(args.hold_id) then return reply('STALE_ID') end
for _, line in ipairs(args.lines) do
  if not pool(line.sale_id) then return reply('UNKNOWN_SALE') end
end

local outcome, refusing = refusal()
local more_due = false
if outcome == 'USER_LIMIT' or outcome == 'SOLD_OUT' then
  local _
  _, more_due = reclaim(args.reclaim_max)
  outcome, refusing = refusal()
end
if outcome then return commit(outcome, {pools = {refusing}, again = more_due}) end

local made = new_hold()
happen('HELD', made)
return commit('HELD', {hold = made, pools = pools_of(made)})
