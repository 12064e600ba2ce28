-- Counts a login by each key, or by none where one of them has too many: throttle::count, of auth-core.
-- KEYS n   ARGV 1 deadline: store us, or 0, then for each key: interval us, burst
-- ->   {'counted', us} | {'refused', us, which key, from 0, wait us} | {'late', us}
if late(ARGV[1]) then return {'late', us} end
local now = now * 1000
local arrivals, which, wait = {}, 0, 0
for i = 1, #KEYS do
  local every, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local furthest = now + every * burst
  -- A clock that stepped back cannot lock anybody out for longer than a full burst.
  local last = math.min(math.max(tonumber(redis.call('GET', KEYS[i]) or now), now), furthest)
  arrivals[i] = last + every
  if arrivals[i] - furthest > wait then which, wait = i - 1, arrivals[i] - furthest end
end
if wait > 0 then return {'refused', us, which, wait} end
for i = 1, #KEYS do
  redis.call('SET', KEYS[i], string.format('%d', arrivals[i]), 'PX', math.ceil((arrivals[i] - now) / 1000))
end
return {'counted', us}
