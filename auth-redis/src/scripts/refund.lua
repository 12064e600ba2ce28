-- Takes back what one count counted: throttle::refund, of auth-core. Not to be repeated: a refund that is lost only
-- refuses sooner.
-- KEYS n   ARGV 1 deadline: store us, or 0, then for each key: interval us   ->   {'refunded' | 'late', us}
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local now = math.floor(us / 1000) * 1000
if ARGV[1] ~= '0' and us > tonumber(ARGV[1]) then return {'late', us} end
for i = 1, #KEYS do
  local left = tonumber(redis.call('GET', KEYS[i]) or 0) - tonumber(ARGV[i + 1])
  if left > now then
    redis.call('SET', KEYS[i], string.format('%d', left), 'PX', math.ceil((left - now) / 1000))
  else
    redis.call('DEL', KEYS[i])
  end
end
return {'refunded', us}
