-- KEYS[1] meta, KEYS[2] editions to drop, KEYS[3] who is behind in the new edition; ARGV token, time zone or nothing.
-- Answers 0 when another edition is being built, 1 when somebody is behind, 2 when the edition is live.
local editions = redis.call('HMGET', KEYS[1], 'next', 'live')
if editions[1] ~= ARGV[1] then return 0 end
if redis.call('HLEN', KEYS[3]) > 0 then return 1 end
if editions[2] then redis.call('SADD', KEYS[2], editions[2]) end
redis.call('HSET', KEYS[1], 'live', ARGV[1])
redis.call('HDEL', KEYS[1], 'next', 'lease')
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'zone', ARGV[2]) end
return 2
