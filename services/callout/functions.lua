#!lua name=surgeline_callout

-- What happens to call-outs, offers and seats in one step, so that no crash comes between?
--
-- Python decides (streams/domain/callout); here the decision is kept: states, indexes and outbox
-- together, all of it or nothing. A seat is taken here: whoever decided on an older state, or gives
-- a seat that somebody has, is refused. All keys share one hash tag.
--
--   meta     hash    epoch, run_id, owner, owner_run
--   state    hash    call-out or offer -> the whole state as JSON
--   version  hash    call-out or offer -> version
--   needs    hash    dedup key -> the one open call-out
--   people   hash    call-out/person -> the one offer
--   seats    hash    call-out/seat -> the one offer
--   outbox   stream  facts not yet on the log

local function is_ours(base, epoch, owner)
  local meta = redis.call('HMGET', base .. ':meta', 'epoch', 'owner')
  return meta[1] == epoch and meta[2] == owner
end

local function refused(why)
  return redis.error_reply('NOTOURS ' .. why)
end

local function conflict(base, items)
  local freed, taken = {}, {}
  for _, item in ipairs(items) do
    local version = redis.call('HGET', base .. ':version', item.id)
    if (version or '0') ~= item.expected then return 'changed meanwhile' end
    if item.frees and redis.call('HGET', base .. ':seats', item.frees) == item.id then
      freed[item.frees] = true
    end
  end
  for _, item in ipairs(items) do
    if item.takes then
      local holder = redis.call('HGET', base .. ':seats', item.takes)
      if taken[item.takes] then return 'two for one seat' end
      if holder and holder ~= item.id and not freed[item.takes] then return 'seat taken' end
      taken[item.takes] = true
    end
    if item.person then
      local known = redis.call('HGET', base .. ':people', item.person)
      if known and known ~= item.id then return 'two offers for one person' end
    end
    if item.need then
      local known = redis.call('HGET', base .. ':needs', item.need)
      if known and known ~= item.id then return 'two call-outs for one need' end
    end
  end
end

local function free(base, item)
  if item.frees and redis.call('HGET', base .. ':seats', item.frees) == item.id then
    redis.call('HDEL', base .. ':seats', item.frees)
  end
  if item.met and redis.call('HGET', base .. ':needs', item.met) == item.id then
    redis.call('HDEL', base .. ':needs', item.met)
  end
end

local function store(base, item, state)
  redis.call('HSET', base .. ':state', item.id, state)
  redis.call('HSET', base .. ':version', item.id, item.version)
  if item.takes then redis.call('HSET', base .. ':seats', item.takes, item.id) end
  if item.person then redis.call('HSET', base .. ':people', item.person, item.id) end
  if item.need then redis.call('HSET', base .. ':needs', item.need, item.id) end
end

-- KEYS: base. ARGV: epoch, owner, then for each change its item, its state and its fact (JSON).
-- Answers the outbox ids of the facts.
local function commit(keys, args)
  local base = keys[1]
  if not is_ours(base, args[1], args[2]) then return refused('emptied, rebuilt or taken over') end
  local items = {}
  for at = 3, #args, 3 do table.insert(items, cjson.decode(args[at])) end
  local why = conflict(base, items)
  if why then return refused(why) end
  for _, item in ipairs(items) do free(base, item) end
  local posted = {}
  for n, item in ipairs(items) do
    store(base, item, args[3 * n + 1])
    posted[n] = redis.call(
      'XADD', base .. ':outbox', '*', 'key', item.id, 'value', args[3 * n + 2])
  end
  return posted
end

-- KEYS: base. ARGV: owner, then items and states: what the log says, put into an emptied Redis.
local function restore(keys, args)
  local base = keys[1]
  if redis.call('HGET', base .. ':meta', 'owner') ~= args[1] then return refused('taken over') end
  for at = 2, #args, 2 do store(base, cjson.decode(args[at]), args[at + 1]) end
  return redis.status_reply('OK')
end

-- KEYS: base. ARGV: run_id, the owner that was seen to be gone or "", who takes the call-outs.
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

-- KEYS: base. ARGV: epoch, owner, then ids with their people/seat/need keys as JSON items.
local function forget(keys, args)
  local base = keys[1]
  if not is_ours(base, args[1], args[2]) then return refused('emptied, rebuilt or taken over') end
  for at = 3, #args do
    local item = cjson.decode(args[at])
    redis.call('HDEL', base .. ':state', item.id)
    redis.call('HDEL', base .. ':version', item.id)
    if item.person then redis.call('HDEL', base .. ':people', item.person) end
    if item.takes then redis.call('HDEL', base .. ':seats', item.takes) end
  end
  return #args - 2
end

redis.register_function('surgeline_callout_commit', commit)
redis.register_function('surgeline_callout_restore', restore)
redis.register_function('surgeline_callout_claim', claim)
redis.register_function('surgeline_callout_forget', forget)
