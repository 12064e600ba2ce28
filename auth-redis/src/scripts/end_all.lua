-- Ends all sessions of a principal but one, some 200 at a step, and in the first step fences off logins that have begun.
-- First call: cursor '0', fence '0'. Then pass on what came back until the cursor is '0'. What was opened after the
-- fence stays.
-- KEYS 1 principal
-- ARGV 1 cursor 2 fence: store us, or 0 3 id to keep, or '' 4 how long the fence stands, ms 5 deadline: store us, or 0
-- ->   {'ended', us, cursor, fence, id…} | {'late', us}
local key, cursor, fence, keep, stands = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
if late(ARGV[5]) then return {'late', us} end
if fence == 0 then fence = raise_fence(key, stands) end
local page = redis.call('HSCAN', key, cursor, 'COUNT', 200)
local flat, reply = page[2], {'ended', us, page[1], fence}
for i = 1, #flat, 2 do
  local id = flat[i]
  if #id == 16 and id ~= keep then
    local r = decode(flat[i + 1])
    if not r or opened_before(r, fence) then
      -- A scan may give a field twice.
      if redis.call('HDEL', key, id) == 1 then reply[#reply + 1] = id end
    end
  end
end
if #reply > 4 then tell_of_end(key) end
if page[1] == '0' then let_fence_go(key, fence, stands) end
return reply
