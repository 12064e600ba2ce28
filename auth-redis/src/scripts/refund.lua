-- Takes back what one count counted: throttle::refund, of auth-core. Not to be repeated: a refund that is lost only
-- refuses sooner.
-- KEYS n   ARGV 1 deadline: store us, or 0, then for each key: interval us   ->   {'refunded' | 'late', us}
if late(ARGV[1]) then return {'late', us} end
local now = now * 1000
for i = 1, #KEYS do
  local left = tonumber(redis.call('GET', KEYS[i]) or 0) - tonumber(ARGV[i + 1])
  if left > now then
    redis.call('SET', KEYS[i], string.format('%d', left), 'PX', math.ceil((left - now) / 1000))
  else
    redis.call('DEL', KEYS[i])
  end
end
return {'refunded', us}
