-- Opens a session. Never overwrites one; refuses a login that began before the principal was last fenced off.
-- KEYS 1 principal
-- ARGV 1 id 2 verifier 3 payload 4 idle ms 5 absolute ms 6 limit 7 when full: 'end' the oldest, or 'refuse'
--      8 began: store us at the latest 9 id to replace, or '' 10 fence us 11 deadline: store us, or 0 12 device
--      13 now: store us at the least, as far as it is known
-- ->   {'opened', us, evicted id…} | {'fenced', us, fence} | {'full', us} | {'exists', us} | {'late', us}
local key, id, limit, replace = KEYS[1], ARGV[1], tonumber(ARGV[6]), ARGV[9]
if late(ARGV[11]) then return {'late', us} end
local gone, reply = {}, {'opened', us}
local count = redis.call('HLEN', key)
local is_new = count == 0
if not is_new then
  local found = redis.call('HMGET', key, '!', id)
  local fence = found[1]
  if fence then
    local at = struct.unpack('>I7', fence)
    if began_by(ARGV[8], ARGV[13]) < at then return {'fenced', us, at} end
    if us - at > tonumber(ARGV[10]) then gone[1] = '!' end
    count = count - 1
  end
  if found[2] then return {'exists', us} end
end
if count >= limit then
  local others, flat = {}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    local r = #flat[i] == 16 and flat[i] ~= replace and decode(flat[i + 1])
    if r and expired(r) then
      gone[#gone + 1] = flat[i]
    elseif r then
      others[#others + 1] = {r.created, flat[i]}
    end
  end
  if #others >= limit then
    if ARGV[7] == 'refuse' then return {'full', us} end
    table.sort(others, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
    for i = 1, #others - limit + 1 do
      gone[#gone + 1] = others[i][2]
      reply[#reply + 1] = others[i][2]
    end
  end
elseif count >= 4 then
  -- Nothing else removes expired sessions from a principal that stays active: look at a few.
  local some = redis.call('HRANDFIELD', key, 8, 'WITHVALUES')
  for i = 1, #some, 2 do
    local r = #some[i] == 16 and decode(some[i + 1])
    if r and expired(r) then gone[#gone + 1] = some[i] end
  end
end
if replace ~= '' then gone[#gone + 1] = replace end

local absolute = now + tonumber(ARGV[5])
local idle = math.min(absolute, now + tonumber(ARGV[4]))
local r = {
  fresh = false, created = now, authenticated = now, absolute = absolute, idle = idle, rotated = now,
  verifier = ARGV[2], body = string.char(#ARGV[12]) .. ARGV[12] .. ARGV[3],
}
-- Written before anything is deleted: a key that vanishes inside a script is an error in a Cluster slot that migrates.
redis.call('HSET', key, id, encode(r))
for _, field in ipairs(gone) do redis.call('HDEL', key, field) end
if #reply > 2 or replace ~= '' then tell_of_end(key) end
-- A key without a time to live counts as one that lives for ever: nothing is greater.
if is_new or redis.call('PEXPIREAT', key, idle, 'GT') == 0 and redis.call('PTTL', key) < 0 then
  redis.call('PEXPIREAT', key, idle)
end
return reply
