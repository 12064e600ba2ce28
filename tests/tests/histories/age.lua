-- As if some time had passed: every session of a principal is so much older. A fence stays where it is, among the
-- logins that have begun.
-- KEYS 1 principal   ARGV 1 ms
local flat, by = redis.call('HGETALL', KEYS[1]), tonumber(ARGV[1])
for i = 1, #flat, 2 do
  if #flat[i] == 16 then
    local format, flags, created, authenticated, absolute, idle, rotated =
      struct.unpack('>BBI6I6I6I6I6', flat[i + 1])
    local head = struct.pack('>BBI6I6I6I6I6', format, flags, created - by, authenticated - by, absolute - by,
      idle - by, rotated - by)
    redis.call('HSET', KEYS[1], flat[i], head .. flat[i + 1]:sub(33))
  end
end
local expiry = redis.call('PEXPIRETIME', KEYS[1])
if expiry > 0 and redis.call('HEXISTS', KEYS[1], '!') == 0 then
  redis.call('PEXPIREAT', KEYS[1], expiry - by)
end
return expiry
