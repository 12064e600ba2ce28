-- Notes activity: lifecycle::touch.
-- KEYS 1 principal   ARGV 1 id 2 verifiers presented 3 grace us 4 idle ms 5 deadline: store us, or 0
-- ->   {'touched' | 'refused' | 'late', us}
local key, id, have = KEYS[1], ARGV[1], ARGV[2]
local grace, idle = tonumber(ARGV[3]) / 1000, tonumber(ARGV[4])
if late(ARGV[5]) then return {'late', us} end
local r = decode(redis.call('HGET', key, id))
if not r then return {'refused', us} end
if expired(r) then
  redis.call('HDEL', key, id)
  return {'refused', us}
end
if matches(have, r.verifier) then
  if r.fresh then
    r.fresh, r.rotated = false, now
  elseif since(r.rotated) >= grace then
    r.previous, r.nonce = nil, nil
  end
elseif not good_previous(r, have, grace) then
  return {'refused', us}
end
keep_prolonged(key, id, r, idle)
return {'touched', us}
