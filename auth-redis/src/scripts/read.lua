-- Fields of hashes: of each key the one that is named in the same place. It is many.lua for the shortest of scripts.
-- KEYS: hashes   ARGV 1 how many, then a field of each   ->   as many.lua
local replies, failed = {}, {}
for n, key in ipairs(KEYS) do
  local reply = redis.pcall('HGET', key, ARGV[n + 1])
  if type(reply) == 'table' then
    failed[#failed + 1] = n - 1
    failed[#failed + 1] = reply.err
    reply = false
  end
  replies[n] = reply
end
replies[#KEYS + 1] = failed
return replies
