-- Refreshes a session: lifecycle::rotate.
-- KEYS 1 principal
-- ARGV 1 id 2 verifiers presented 3 verifier of the successor 4 nonce 5 grace us 6 idle ms 7 deadline: store us, or 0
-- ->   {'next' | 'again' | 'same' | 'reuse', us, record} | {'stale' | 'gone' | 'late', us}
local key, id, have = KEYS[1], ARGV[1], ARGV[2]
local grace, idle = tonumber(ARGV[5]) / 1000, tonumber(ARGV[6])
if late(ARGV[7]) then return {'late', us} end
local bytes = redis.call('HGET', key, id)
local r = decode(bytes)
if not r then return {'gone', us} end
if expired(r) then
  redis.call('HDEL', key, id)
  return {'gone', us}
end
local age = since(r.rotated)
local young = age < grace
if matches(have, r.verifier) then
  if r.fresh and age <= 2 * grace then
    r.fresh, r.rotated = false, now
    return {'same', us, keep_prolonged(key, id, r, idle)}
  end
  if r.previous and young and not r.fresh then return {'same', us, bytes} end
  r.previous, r.nonce = r.verifier, ARGV[4]
  r.fresh, r.rotated, r.verifier = true, now, ARGV[3]
  return {'next', us, keep_prolonged(key, id, r, idle)}
end
if good_previous(r, have, grace) then
  if r.fresh then r.rotated = now end
  return {'again', us, keep_prolonged(key, id, r, idle)}
end
if young then return {'stale', us} end
redis.call('HDEL', key, id)
tell_of_end(key)
return {'reuse', us, bytes}
