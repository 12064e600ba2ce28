-- The end of a script that is called for many at once: what stands above is `one(KEYS, ARGV)`, and is called with its share of
-- the keys and of the arguments for each. Where one fails, the others do not; it fails too where it gives no list, as an error or
-- nothing within a reply would be an error, or the end, of all of it.
-- ARGV 1 how many, then their arguments   ->   {each one's reply, {number of one that failed, from 0, why, …}}
local calls, replies, failed = tonumber(ARGV[1]), {}, {}
local keys, arguments = #KEYS / calls, (#ARGV - 1) / calls
for n = 0, calls - 1 do
  local its_keys = {unpack(KEYS, n * keys + 1, (n + 1) * keys)}
  local its_arguments = {unpack(ARGV, n * arguments + 2, (n + 1) * arguments + 1)}
  local done, reply = pcall(one, its_keys, its_arguments)
  local is_list = done and type(reply) == 'table' and not reply.err
  replies[n + 1] = is_list and reply
  if not is_list then
    failed[#failed + 1] = n
    -- Not what was given: it may be a record.
    failed[#failed + 1] = type(reply) == 'table' and reply.err or not done and tostring(reply) or 'no list'
  end
end
replies[calls + 1] = failed
return replies
