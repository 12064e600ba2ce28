-- Gives a session a new secret, after credentials were checked again: lifecycle::renew.
-- KEYS 1 principal
-- ARGV 1 id 2 verifiers presented 3 verifier of the new secret 4 payload 5 grace us 6 idle ms
--      7 began: store us at the latest 8 deadline: store us, or 0
--      9 now: store us at the least, as far as it is known
-- ->   {'renewed', us, record} | {'fenced', us, fence} | {'stale' | 'gone' | 'late', us}
local key, id, have = KEYS[1], ARGV[1], ARGV[2]
local grace, idle = tonumber(ARGV[5]) / 1000, tonumber(ARGV[6])
if late(ARGV[8]) then return {'late', us} end
local found = redis.call('HMGET', key, id, '!')
local r, fence = decode(found[1]), found[2]
if not r then return {'gone', us} end
if fence and began_by(ARGV[7], ARGV[9]) < struct.unpack('>I7', fence) then
  return {'fenced', us, struct.unpack('>I7', fence)}
end
if expired(r) then
  redis.call('HDEL', key, id)
  return {'gone', us}
end
if not matches(have, r.verifier) and not good_previous(r, have, grace) then return {'stale', us} end
r.authenticated, r.rotated, r.fresh, r.verifier, r.body = now, now, false, ARGV[3], device(r) .. ARGV[4]
r.previous, r.nonce = nil, nil
return {'renewed', us, keep_prolonged(key, id, r, idle)}
