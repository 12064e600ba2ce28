-- Ends one session. Without a deadline: an end that comes late is still what was asked for.
-- KEYS 1 principal   ARGV 1 id 2 anything, where `WAIT` follows   ->   record | nil
local bytes = redis.call('HGET', KEYS[1], ARGV[1])
-- `WAIT` is about what its connection has written: there must be something, though the session is gone already.
if ARGV[2] and not bytes then redis.call('HSET', KEYS[1], ARGV[1], '') end
if ARGV[2] or bytes then redis.call('HDEL', KEYS[1], ARGV[1]) end
-- As in record.lua.
if bytes then redis.pcall('SPUBLISH', KEYS[1], '') end
return bytes
