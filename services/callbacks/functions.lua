#!lua name=surgeline_callbacks

-- What happens to the list in one step, so that no crash and no rival can come between?
--
-- Python decides what a callback becomes (streams/domain/callback*.py); here the decision is kept:
-- state, indexes and outbox together, and only if the callback is still the one it was made about.
-- All keys of a list share one hash tag. A number of 16 digits would lose its last ones in Lua's
-- text form, so scores come as text and go to Redis as text.
--
--   meta      hash    epoch, run_id, owner, owner_run
--   state     hash    callback -> the whole state as JSON
--   version   hash    callback -> version
--   place     hash    callback that waits -> its lane, scores and times
--   ready     zset    may be leased now, in order; lane:<lane> are its parts
--   later     zset    may be leased from the score (ms) on
--   parked    zset    waits for the phone system, by origin
--   near      zset    moves up from the score (ms) on: its promise nears its deadline
--   leases    zset    held, until the score (ms)
--   expiry    zset    waits, until the score (ms)
--   quiet     zset    waits, and is night where the caller is from the score (ms) on
--   closed    zset    closed, since the score (ms)
--   open      hash    caller -> the one open callback
--   held      hash    agent -> the one callback they hold
--   requests  hash    request -> callback;  old  zset  requests of forgotten callbacks
--   served    zset    answered live before any callback was wanted, at the score (microseconds)
--   owed      set     callbacks about which the phone system must be told or asked something
--   lanes     set     every lane seen
--   switches  string  the switches as JSON
--   outbox    stream  facts not yet on the log

local function is_ours(base, epoch, owner)
  local meta = redis.call('HMGET', base .. ':meta', 'epoch', 'owner')
  return meta[1] == epoch and meta[2] == owner
end

local function not_ours()
  return redis.error_reply('NOTOURS the list was emptied, rebuilt or taken over')
end

local function place_of(base, id)
  local text = redis.call('HGET', base .. ':place', id)
  return text and cjson.decode(text)
end

local function unplace(base, id)
  local place = place_of(base, id)
  if not place then return end
  redis.call('ZREM', base .. ':lane:' .. place.lane, id)
  for _, name in ipairs({'ready', 'later', 'parked', 'near', 'expiry', 'quiet'}) do
    redis.call('ZREM', base .. ':' .. name, id)
  end
  redis.call('HDEL', base .. ':place', id)
end

local function put_in_place(base, id, place)
  redis.call('HSET', base .. ':place', id, cjson.encode(place))
  redis.call('SADD', base .. ':lanes', place.lane)
  redis.call('ZADD', base .. ':expiry', place.expires_at, id)
  if place.quiet_from then
    redis.call('ZADD', base .. ':quiet', place.quiet_from, id)
  end
  if place.parked then
    redis.call('ZADD', base .. ':parked', place.origin, id)
  else
    redis.call('ZADD', base .. ':later', place.due_at, id)
    redis.call('ZADD', base .. ':near', place.near_at, id)
  end
end

local function store(base, item, state)
  local id = item.id
  redis.call('HSET', base .. ':state', id, state)
  redis.call('HSET', base .. ':version', id, item.version)
  unplace(base, id)
  redis.call('ZREM', base .. ':leases', id)
  if item.freed and redis.call('HGET', base .. ':held', item.freed) == id then
    redis.call('HDEL', base .. ':held', item.freed)
  end
  if item.former and redis.call('HGET', base .. ':open', item.former) == id then
    redis.call('HDEL', base .. ':open', item.former)
  end
  if item.place then
    put_in_place(base, id, item.place)
  elseif item.agent then
    redis.call('ZADD', base .. ':leases', item.lease_until, id)
    redis.call('HSET', base .. ':held', item.agent, id)
  end
  if item.closed_at then
    redis.call('ZADD', base .. ':closed', item.closed_at, id)
    if redis.call('HGET', base .. ':open', item.caller) == id then
      redis.call('HDEL', base .. ':open', item.caller)
    end
  else
    redis.call('HSET', base .. ':open', item.caller, id)
  end
  for _, request in ipairs(item.requests) do
    redis.call('HSET', base .. ':requests', request, id)
  end
  redis.call(item.owed and 'SADD' or 'SREM', base .. ':owed', id)
end

local function is_current(base, item)
  local version = redis.call('HGET', base .. ':version', item.id)
  if (version or '0') ~= item.expected then return false end
  local open = redis.call('HGET', base .. ':open', item.caller)
  return item.closed_at or not open or open == item.id
end

local function post(base, entry, value)
  return redis.call(
    'XADD', base .. ':outbox', '*', 'key', entry.key, 'owed', entry.owed and '1' or '0',
    'value', value)
end

-- KEYS: base. ARGV: epoch, owner, served (JSON of {request, microseconds}), then for each callback
-- its item (JSON), its state (JSON), and each of its item.changes facts (JSON).
-- Answers for each callback the outbox ids of its facts; none when it had changed meanwhile.
local function commit(keys, args)
  local base = keys[1]
  if not is_ours(base, args[1], args[2]) then return not_ours() end
  for _, pair in ipairs(cjson.decode(args[3])) do
    redis.call('ZADD', base .. ':served', 'GT', pair[2], pair[1])
  end
  local answers = {}
  local at = 4
  while at <= #args do
    local item = cjson.decode(args[at])
    local ids = {}
    if is_current(base, item) then
      store(base, item, args[at + 1])
      for n = 1, item.changes do
        ids[n] = post(base, {key = item.id, owed = item.owed or item.was_owed}, args[at + 1 + n])
      end
    end
    table.insert(answers, ids)
    at = at + 2 + item.changes
  end
  return answers
end

-- The same without a check and without facts: what the log says, put into an emptied Redis.
local function restore(keys, args)
  local base = keys[1]
  if redis.call('HGET', base .. ':meta', 'owner') ~= args[1] then return not_ours() end
  for at = 2, #args, 2 do
    store(base, cjson.decode(args[at]), args[at + 1])
  end
  return redis.status_reply('OK')
end

-- Whether a callback is filed where its item says, and nowhere that contradicts it.
local function is_filed(base, item)
  local id = item.id
  local function in_zset(name) return redis.call('ZSCORE', base .. ':' .. name, id) end
  if redis.call('HGET', base .. ':version', id) ~= item.version then return false end
  if (redis.call('HGET', base .. ':open', item.caller) == id) ~= not item.closed_at then
    return false
  end
  if (redis.call('SISMEMBER', base .. ':owed', id) == 1) ~= item.owed then return false end
  local place = place_of(base, id)
  if not item.place then
    if place or in_zset('ready') or in_zset('later') or in_zset('parked') then return false end
    if item.closed_at then return in_zset('closed') and not in_zset('leases') end
    return in_zset('leases') == item.lease_until
      and redis.call('HGET', base .. ':held', item.agent) == id
  end
  if not place or in_zset('leases') or not in_zset('expiry') then return false end
  for name, value in pairs(item.place) do
    if place[name] ~= value then return false end
  end
  if place.parked then return in_zset('parked') end
  local ready = in_zset('ready')
  if not ready then return in_zset('later') end
  local score = tonumber(ready)
  return (score == tonumber(place.near) or score == tonumber(place.far))
    and ready == redis.call('ZSCORE', base .. ':lane:' .. place.lane, id)
end

-- KEYS: base. ARGV: epoch, owner, then for each callback its item (JSON) by the log.
-- Answers for each its state here ("" when there is none), and 1 when it is filed as it should be.
local function inspect(keys, args)
  local base = keys[1]
  if not is_ours(base, args[1], args[2]) then return not_ours() end
  local answers = {}
  for at = 3, #args do
    local item = cjson.decode(args[at])
    local filed = item.version and is_filed(base, item)
    table.insert(answers, {
      redis.call('HGET', base .. ':state', item.id) or '', filed and 1 or 0})
  end
  return answers
end

local function take_out(base, id)
  unplace(base, id)
  for _, name in ipairs({'ready', 'later', 'parked', 'near', 'expiry', 'quiet', 'leases', 'closed'}) do
    redis.call('ZREM', base .. ':' .. name, id)
  end
  for _, lane in ipairs(redis.call('SMEMBERS', base .. ':lanes')) do
    redis.call('ZREM', base .. ':lane:' .. lane, id)
  end
  for _, name in ipairs({'state', 'version', 'place'}) do
    redis.call('HDEL', base .. ':' .. name, id)
  end
  for _, name in ipairs({'open', 'held'}) do
    local pairs_ = redis.call('HGETALL', base .. ':' .. name)
    for n = 1, #pairs_, 2 do
      if pairs_[n + 1] == id then redis.call('HDEL', base .. ':' .. name, pairs_[n]) end
    end
  end
  redis.call('SREM', base .. ':owed', id)
end

-- KEYS: base. ARGV: epoch, owner, the state that was seen ("" for none), then item and state (JSON)
-- by the log; or the callback and "" when the log has none. Answers 1 when it was done.
local function repair(keys, args)
  local base = keys[1]
  if not is_ours(base, args[1], args[2]) then return not_ours() end
  local known = args[5] ~= ''
  local item = known and cjson.decode(args[4]) or {id = args[4]}
  if (redis.call('HGET', base .. ':state', item.id) or '') ~= args[3] then return 0 end
  take_out(base, item.id)
  if known then store(base, item, args[5]) end
  return 1
end

local function enter(base, id, place, now)
  local score = tonumber(place.near_at) <= now and place.near or place.far
  redis.call('ZADD', base .. ':ready', score, id)
  redis.call('ZADD', base .. ':lane:' .. place.lane, score, id)
end

local function advance(base, now, limit)
  local due = redis.call(
    'ZRANGE', base .. ':later', '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
  for _, id in ipairs(due) do
    redis.call('ZREM', base .. ':later', id)
    local place = place_of(base, id)
    if place then enter(base, id, place, now) end
  end
  local near = redis.call(
    'ZRANGE', base .. ':near', '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
  for _, id in ipairs(near) do
    redis.call('ZREM', base .. ':near', id)
    local place = place_of(base, id)
    if place and redis.call('ZSCORE', base .. ':ready', id) then
      enter(base, id, place, now)
    end
  end
  return #due + #near
end

local function may_be_taken(base, id, now)
  local place = place_of(base, id)
  -- Nothing of ours puts an id here without its place: the reconciler will see to it.
  if not place then return false end
  if tonumber(place.due_at) > now then
    -- The clock was set back.
    redis.call('ZREM', base .. ':ready', id)
    redis.call('ZREM', base .. ':lane:' .. place.lane, id)
    redis.call('ZADD', base .. ':later', place.due_at, id)
    return false
  end
  if place.quiet_from and tonumber(place.quiet_from) <= now then return false end
  return tonumber(place.expires_at) > now
end

local function first_of(base, zset, now, taken)
  local from = 0
  while true do
    local page = redis.call('ZRANGE', zset, from, from + 19, 'WITHSCORES')
    if #page == 0 then return nil end
    for n = 1, #page, 2 do
      if not taken[page[n]] and may_be_taken(base, page[n], now) then
        return page[n], tonumber(page[n + 1])
      end
    end
    from = from + 20
  end
end

local function first_for(base, wish, now, taken)
  if not wish.lanes then
    return (first_of(base, base .. ':ready', now, taken))
  end
  local best, best_score
  for _, lane in ipairs(wish.lanes) do
    local id, score = first_of(base, base .. ':lane:' .. lane, now, taken)
    if id and (not best or score < best_score or (score == best_score and id < best)) then
      best, best_score = id, score
    end
  end
  return best
end

-- KEYS: base. ARGV: epoch, owner, now (ms), then one wish (JSON) for each agent who asks.
-- Answers a state for each: what they hold already, or whose turn it is; "" when there is none.
local function pick(keys, args)
  local base = keys[1]
  if not is_ours(base, args[1], args[2]) then return not_ours() end
  local now = tonumber(args[3])
  advance(base, now, 500)
  local taken, given, answers = {}, {}, {}
  for at = 4, #args do
    local wish = cjson.decode(args[at])
    local id = redis.call('HGET', base .. ':held', wish.agent) or given[wish.agent]
    if not id then
      id = first_for(base, wish, now, taken)
      if id then
        taken[id] = true
        given[wish.agent] = id
      end
    end
    table.insert(answers, id and redis.call('HGET', base .. ':state', id) or '')
  end
  return answers
end

-- KEYS: base. ARGV: epoch, owner, expected version, switches (JSON), fact (JSON), key.
local function set_switches(keys, args)
  local base = keys[1]
  if not is_ours(base, args[1], args[2]) then return not_ours() end
  local before = redis.call('GET', base .. ':switches')
  local version = before and cjson.decode(before).version or 0
  if version ~= tonumber(args[3]) then return '' end
  redis.call('SET', base .. ':switches', args[4])
  return post(base, {key = args[6]}, args[5])
end

-- KEYS: base. ARGV: run_id, the owner that was seen to be gone or "", who takes the list.
-- Answers the owner there is. An owner from before a restart of Redis is gone for certain.
local function claim(keys, args)
  local meta = keys[1] .. ':meta'
  local found = redis.call('HMGET', meta, 'owner', 'owner_run')
  local owner, run = found[1] or '', found[2] or ''
  if owner ~= '' and run == args[1] and owner ~= args[2] and owner ~= args[3] then
    return owner
  end
  redis.call('HSET', meta, 'owner', args[3], 'owner_run', args[1])
  return args[3]
end

-- KEYS: base. ARGV: epoch, owner, now (ms), at most. Answers how many it looked at.
local function tick(keys, args)
  if not is_ours(keys[1], args[1], args[2]) then return not_ours() end
  return advance(keys[1], tonumber(args[3]), tonumber(args[4]))
end

-- KEYS: base. ARGV: epoch, owner, closed before (ms), requests of callbacks closed before (ms),
-- served before (microseconds), at most. A closed callback leaves its state first; which requests
-- it answered for is remembered longer, so that a fact delivered again finds it.
local function forget(keys, args)
  local base = keys[1]
  if not is_ours(base, args[1], args[2]) then return not_ours() end
  local closed = redis.call(
    'ZRANGE', base .. ':closed', '-inf', args[3], 'BYSCORE', 'LIMIT', 0, args[6], 'WITHSCORES')
  for n = 1, #closed, 2 do
    local id, score = closed[n], closed[n + 1]
    local state = redis.call('HGET', base .. ':state', id)
    if redis.call('SISMEMBER', base .. ':owed', id) == 0 then
      for _, request in ipairs(cjson.decode(state).requests) do
        if redis.call('HGET', base .. ':requests', request.id) == id then
          redis.call('ZADD', base .. ':old', score, request.id)
        end
      end
      redis.call('HDEL', base .. ':state', id)
      redis.call('HDEL', base .. ':version', id)
      redis.call('ZREM', base .. ':closed', id)
    end
  end
  local old = redis.call(
    'ZRANGE', base .. ':old', '-inf', args[4], 'BYSCORE', 'LIMIT', 0, args[6])
  for _, request in ipairs(old) do
    redis.call('ZREM', base .. ':old', request)
    redis.call('HDEL', base .. ':requests', request)
  end
  redis.call('ZREMRANGEBYSCORE', base .. ':served', '-inf', args[5])
  return #closed / 2 + #old
end

redis.register_function('surgeline_callbacks_commit', commit)
redis.register_function('surgeline_callbacks_restore', restore)
redis.register_function('surgeline_callbacks_inspect', inspect)
redis.register_function('surgeline_callbacks_repair', repair)
redis.register_function('surgeline_callbacks_pick', pick)
redis.register_function('surgeline_callbacks_set_switches', set_switches)
redis.register_function('surgeline_callbacks_claim', claim)
redis.register_function('surgeline_callbacks_tick', tick)
redis.register_function('surgeline_callbacks_forget', forget)
