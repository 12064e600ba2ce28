-- What every script that keeps records begins with: the time, and a record as auth-core's session/record.rs has it.
-- The rules are those of auth-core's session/lifecycle.rs, said once more; a test holds the two together.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local now = math.floor(us / 1000)

-- A paused server runs what it was sent minutes ago, when the client has long given up: that must have no effect.
local function late(deadline)
  return deadline ~= '0' and us > tonumber(deadline)
end

-- Tells those who wait for an end of a session, in whichever program. It must not fail what was done: whoever is told
-- nothing looks by itself.
local function tell_of_end(key)
  redis.pcall('SPUBLISH', key, '')
end

-- When a login began at the latest, by what its process knows of this server's clock. It knows nothing where it takes
-- the time for later than it is: the clock was set back since.
local function began_by(began, believed)
  if believed and us < tonumber(believed) then return 0 end
  return tonumber(began)
end

-- The record of these bytes; nil for what is none, or was written by another version.
local function decode(bytes)
  if not bytes or #bytes < 49 or bytes:byte(1) ~= 1 then return nil end
  local flags, created, authenticated, absolute, idle, rotated = struct.unpack('>BI6I6I6I6I6', bytes, 2)
  local r = {
    fresh = flags % 2 == 1,
    created = created, authenticated = authenticated, absolute = absolute, idle = idle, rotated = rotated,
    verifier = bytes:sub(33, 48),
  }
  local body = 50 + bytes:byte(49)
  if #bytes < body - 1 then return nil end
  r.device = bytes:sub(50, body - 1)
  if flags % 4 < 2 then
    r.payload = bytes:sub(body)
  elseif #bytes < body + 31 then
    return nil
  else
    r.payload, r.previous, r.nonce = bytes:sub(body, -33), bytes:sub(-32, -17), bytes:sub(-16)
  end
  return r
end

local function encode(r)
  local flags = (r.fresh and 1 or 0) + (r.previous and 2 or 0)
  local head = struct.pack('>BBI6I6I6I6I6', 1, flags, r.created, r.authenticated, r.absolute, r.idle, r.rotated)
  return head .. r.verifier .. string.char(#r.device) .. r.device .. r.payload .. (r.previous and r.previous .. r.nonce or '')
end

local function expired(r)
  return now >= r.absolute or now >= r.idle
end

-- Whether a session was opened before a fence; also one of the future, from before the clock was set back.
local function opened_before(r, fence)
  return r.created * 1000 <= fence or r.created > now
end

-- Whether one of the presented verifiers, 16 bytes each, is the one that is kept.
local function matches(have, kept)
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

-- Fences off logins that have begun.
local function raise_fence(key, stands)
  redis.call('HSET', key, '!', struct.pack('>I7', us))
  redis.call('PEXPIREAT', key, now + stands, 'GT')
  return us
end

-- A key with nothing but the fence in it goes when that has done its work.
local function let_fence_go(key, fence, stands)
  if redis.call('HLEN', key) == 1 and redis.call('HEXISTS', key, '!') == 1 then
    redis.call('PEXPIREAT', key, math.floor(fence / 1000) + stands)
  end
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
