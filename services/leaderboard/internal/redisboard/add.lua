-- Arguments of apply.lua and load.lua, from ARGV[3] on:
--   n, then for each of n people: user, from, to
--   boards, then for each board: name, m, then m times: index of the person, points, time (15 digits)
-- An edition keeps, under its base name:
--   :seq     hash  user -> sequence of the last entry of their chain that it contains
--   :behind  hash  user -> sequence that was recorded while the edition was built and is not in it yet
--   :boards  set   names of its boards
--   :s:NAME  hash  user -> time ':' points, also when the points are 0
--   :b:NAME  zset  time and user -> minus points, only people with points; so ranges ascend from the best, and among equals
--                  from who reached the points first, then by user
local n = tonumber(ARGV[3])
local users = {}
for i = 1, n do users[i] = ARGV[1 + 3 * i] end

local function range(i) return tonumber(ARGV[2 + 3 * i]), tonumber(ARGV[3 + 3 * i]) end

local function sequences(base)
  local got = redis.call('HMGET', base .. ':seq', unpack(users))
  local seqs = {}
  for i = 1, n do seqs[i] = tonumber(got[i] or 0) end
  return seqs
end

-- add writes the people that take marks. Points are added to what is there, or replace it.
local function add(base, take, replace)
  local seqs = {}
  for i = 1, n do
    if take[i] then
      local _, to = range(i)
      seqs[#seqs + 1] = users[i]
      seqs[#seqs + 1] = to
    end
  end
  if #seqs == 0 then return end
  local p = 4 + 3 * n
  local boards = tonumber(ARGV[p])
  p = p + 1
  for _ = 1, boards do
    local name, m = ARGV[p], tonumber(ARGV[p + 1])
    p = p + 2
    local fields, places = {}, {}
    for _ = 1, m do
      local i = tonumber(ARGV[p])
      if take[i] then
        fields[#fields + 1] = users[i]
        places[#places + 1] = p
      end
      p = p + 3
    end
    if #fields > 0 then
      local board, state = base .. ':b:' .. name, base .. ':s:' .. name
      local old = redis.call('HMGET', state, unpack(fields))
      local gone, come, states = {}, {}, {}
      for j = 1, #fields do
        local points, reached = tonumber(ARGV[places[j] + 1]), ARGV[places[j] + 2]
        if old[j] then
          local since, had = string.sub(old[j], 1, 15), tonumber(string.sub(old[j], 17))
          if not replace then
            points = points + had
            if since > reached then reached = since end
          end
          if had > 0 and (points <= 0 or since ~= reached) then gone[#gone + 1] = since .. fields[j] end
        end
        if points > 0 then
          come[#come + 1] = string.format('%.0f', -points)
          come[#come + 1] = reached .. fields[j]
        end
        states[#states + 1] = fields[j]
        states[#states + 1] = reached .. ':' .. string.format('%.0f', points)
      end
      if #gone > 0 then redis.call('ZREM', board, unpack(gone)) end
      if #come > 0 then redis.call('ZADD', board, unpack(come)) end
      redis.call('HSET', state, unpack(states))
      redis.call('SADD', base .. ':boards', name)
    end
  end
  redis.call('HSET', base .. ':seq', unpack(seqs))
end
