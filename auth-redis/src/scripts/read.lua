-- Fields of hashes: of each key the one that is named in the same place.
-- KEYS: hashes. ARGV: a field of each.
local found = {}
for n, key in ipairs(KEYS) do
  found[n] = redis.call('HGET', key, ARGV[n])
end
return found
