-- KEYS[1] meta, KEYS[2] editions to drop; ARGV token, now, lease. Answers 0 while another edition is being built.
local other = redis.call('HMGET', KEYS[1], 'next', 'lease')
if other[1] then
  if tonumber(other[2] or 0) > tonumber(ARGV[2]) then return 0 end
  redis.call('SADD', KEYS[2], other[1])
end
redis.call('HSET', KEYS[1], 'next', ARGV[1], 'lease', ARGV[3])
return 1
