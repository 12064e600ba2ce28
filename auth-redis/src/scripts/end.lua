-- Ends one session. Without a deadline: an end that comes late is still what was asked for.
-- KEYS 1 principal   ARGV 1 id   ->   record | nil
local bytes = redis.call('HGET', KEYS[1], ARGV[1])
if bytes then
  redis.call('HDEL', KEYS[1], ARGV[1])
  -- As in record.lua.
  redis.pcall('SPUBLISH', KEYS[1], '')
end
return bytes
