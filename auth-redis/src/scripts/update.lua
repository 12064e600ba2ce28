-- Gives the sessions of a principal, or one of them, another payload, some 200 at a step; what else is in a record stays as it is. The
-- first step fences off logins that have begun, which carry what was true before.
-- First call: cursor '0', fence '0'. Then pass on what came back until the cursor is '0'.
-- KEYS 1 principal
-- ARGV 1 cursor 2 fence: store us, or 0 3 payload 4 how long the fence stands, ms 5 deadline: store us, or 0
--      6 id of the only one, or ''
-- ->   {'updated', us, cursor, fence, id…} | {'late', us}
local key, cursor, fence, stands, only = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4]), ARGV[6]
if late(ARGV[5]) then return {'late', us} end
if fence == 0 then fence = raise_fence(key, stands) end
local page = redis.call('HSCAN', key, cursor, 'COUNT', 200)
local flat, reply = page[2], {'updated', us, page[1], fence}
for i = 1, #flat, 2 do
  local r = #flat[i] == 16 and (only == '' or flat[i] == only) and decode(flat[i + 1])
  if r and not expired(r) and opened_before(r, fence) then
    r.body = device(r) .. ARGV[3]
    redis.call('HSET', key, flat[i], encode(r))
    reply[#reply + 1] = flat[i]
  end
end
if page[1] == '0' then let_fence_go(key, fence, stands) end
return reply
