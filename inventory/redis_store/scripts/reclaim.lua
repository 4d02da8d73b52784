-- Part of every script, after the commit: ids that are too old, and holds whose time is over.

local function time_in(id) return tonumber(string.sub(id, 1, 8) .. string.sub(id, 10, 13), 16) end

-- Ids (UUIDv7) whose own time is outside the window in which ids are remembered are refused.
local function is_stale(id)
  local made_at_ms = time_in(id)
  return made_at_ms < now_ms - args.retention_ms or made_at_ms > now_ms + args.future_max_ms
end

-- Ids made before the room was restored: if one is not known, nobody knows what became of it.
local function is_of_older_epoch(id) return time_in(id) < epoch_ms end

local SET_ASIDE_MS = 60000

-- Whether a pool is sound enough that `units` which are held of it can be given back.
local function can_give_back(record, units)
  return is_lawful(record) and record.held >= units
end

-- A due hold on a broken pool must not block the others: it is looked at again in a minute.
-- Returns whether the hold was set aside.
local function set_aside(its_hold)
  local aside = false
  for _, line in ipairs(its_hold[LINES]) do
    local record = pool(line[SALE_ID])
    local units = its_hold[STATE] == 'held' and line[QUANTITY] or 0
    if not record then
      aside = aside or its_hold[STATE] == 'held'
    elseif not can_give_back(record, units) then
      pause_broken(line[SALE_ID])
      record.paused = true
      record.version = record.version + 1
      aside = true
    end
  end
  if aside then look_at(its_hold[HOLD_ID], now_ms + SET_ASIDE_MS) end
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

-- Those of the named holds whose time is over, at most `at_most` of them, and the names of those that
-- were not looked at.
local function due_among(hold_ids, at_most)
  fetch_holds(hold_ids)
  local due = {}
  for i, hold_id in ipairs(hold_ids) do
    if #due == at_most then return due, table.concat(hold_ids, '', i) end
    local its_hold = holds[hold_id]
    if its_hold and is_live(its_hold) and now_ms >= its_hold[DEADLINE] then due[#due + 1] = its_hold end
  end
  return due, ''
end

-- Lets `reclaim` do its work on one due hold. Returns whether the hold is over.
local function resolve_due(its_hold, expired)
  if set_aside(its_hold) then return false end
  if its_hold[STATE] == 'waiting' then
    stop_waiting('UNSERVED', its_hold)
  else
    apply('EXPIRED', its_hold)
    expired[#expired + 1] = its_hold
  end
  return true
end

-- A sale whose waitlist was not served to its end is served by the commit.
local function serve_later(sale_id)
  local record = pool(sale_id)
  if not record then return end
  if is_lawful(record) then
    changed_pools[sale_id] = true
  else
    look_at('sale:' .. sale_id, now_ms + SET_ASIDE_MS)
  end
end

-- DEADLINES: what must be looked at when. A member is one hold id after the other, and its score is
-- when their time is over at the latest; a live hold is named by one at least. Resolving a hold
-- leaves its name there: whoever looks then, sees that it is over. Or it is "sale:" and a sale whose
-- waitlist has not been served to its end.
--
-- Expires due holds, and ends waiting that is over, in memory, oldest first. Returns those that it
-- did it to, and whether more may be due. Each member that it looks at is dropped, and what it did
-- not come to in it is named anew, so that nothing that is set aside is looked at twice.
local function reclaim(at_most)
  local over, expired, looked_at, more_to_serve = {}, {}, 0, false
  local members = redis.call('ZRANGEBYSCORE', DEADLINES, '-inf', whole(now_ms), 'LIMIT', 0, at_most)
  for _, member in ipairs(members) do
    if looked_at == at_most then break end
    passed_deadlines[#passed_deadlines + 1] = member
    local sale_id = string.match(member, '^sale:(.+)$')
    if sale_id then
      serve_later(sale_id)
      more_to_serve = true
    else
      local due, rest = due_among(ids_in(member), at_most - looked_at)
      looked_at = looked_at + #due
      if rest ~= '' then look_at(rest, now_ms) end
      for _, its_hold in ipairs(due) do
        if resolve_due(its_hold, expired) then over[#over + 1] = its_hold end
      end
    end
  end
  if #expired > 0 then tell_all('EXPIRED', expired) end
  return over, looked_at == at_most or #members == at_most or more_to_serve
end
