-- What scripts share through which a session is used.

-- Whether one of the presented verifiers, 16 bytes each, is the one that is kept.
local function matches(have, kept)
  if have == kept then return true end
  for i = 1, #have, 16 do
    if have:sub(i, i + 15) == kept then return true end
  end
  return false
end

-- Zero where the clock stepped back.
local function since(earlier)
  return math.max(0, now - earlier)
end

local function good_previous(r, have, grace)
  return r.previous and (r.fresh or since(r.rotated) < grace) and matches(have, r.previous)
end

-- Keeps the record of a session that was used: its idle limit moves forward only, and never past the absolute one.
-- The key lives as long as the session in it that ends last.
local function keep_prolonged(key, id, r, idle)
  r.idle = math.max(r.idle, math.min(r.absolute, now + idle))
  local bytes = encode(r)
  redis.call('HSET', key, id, bytes)
  redis.call('PEXPIREAT', key, r.idle, 'GT')
  return bytes
end
