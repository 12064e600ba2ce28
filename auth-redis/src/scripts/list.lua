-- The sessions of a principal that are alive. Bytes that are no record of this version are left out.
-- KEYS 1 principal   ->   {'listed', us, id, record…}
local flat, reply = redis.call('HGETALL', KEYS[1]), {'listed', us}
for i = 1, #flat, 2 do
  local r = #flat[i] == 16 and decode(flat[i + 1])
  if r and not expired(r) then
    reply[#reply + 1] = flat[i]
    reply[#reply + 1] = flat[i + 1]
  end
end
return reply
