-- KEYS[1] meta; ARGV[1] base name of the edition, ARGV[2] its token and the time of its lease, joined by a blank; then see
-- add.lua. Answers 0 when another edition is being built, else 1.
local token, lease = string.match(ARGV[2], '^(%S+) (%d+)$')
if redis.call('HGET', KEYS[1], 'next') ~= token then return 0 end
redis.call('HSET', KEYS[1], 'lease', lease)
if n == 0 then return 1 end
local take, seqs = {}, sequences(ARGV[1])
for i = 1, n do
  local _, to = range(i)
  take[i] = to >= seqs[i]
  local held = to
  if seqs[i] > held then held = seqs[i] end
  local behind = redis.call('HGET', ARGV[1] .. ':behind', users[i])
  if behind and tonumber(behind) <= held then redis.call('HDEL', ARGV[1] .. ':behind', users[i]) end
end
add(ARGV[1], take, true)
return 1
