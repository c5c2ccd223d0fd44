-- KEYS[1] meta; ARGV[1] prefix of all keys of the programme; ARGV[2] its time zone or nothing; then see add.lua.
-- Answers 0 when there is no edition, else 1, then user and sequence of each gap of the live edition.
local editions = redis.call('HMGET', KEYS[1], 'live', 'next')
local answer = {1}
if not editions[1] and not editions[2] then return {0} end

if editions[1] then
  local base = ARGV[1] .. editions[1]
  local take, seqs = {}, sequences(base)
  for i = 1, n do
    local from, to = range(i)
    if seqs[i] == from - 1 then
      take[i] = true
    elseif seqs[i] < to then
      answer[#answer + 1] = users[i]
      answer[#answer + 1] = tostring(seqs[i])
    end
  end
  add(base, take, false)
  if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'zone', ARGV[2]) end
end

if editions[2] then
  local base = ARGV[1] .. editions[2]
  local take, seqs = {}, sequences(base)
  for i = 1, n do
    local from, to = range(i)
    if seqs[i] == from - 1 then
      take[i] = true
    elseif seqs[i] < to then
      local known = tonumber(redis.call('HGET', base .. ':behind', users[i]) or 0)
      if known < to then redis.call('HSET', base .. ':behind', users[i], to) end
    end
  end
  add(base, take, false)
end
return answer
