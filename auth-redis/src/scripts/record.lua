-- A record as auth-core's session/record.rs has it. The rules are those of auth-core's session/lifecycle.rs, said once
-- more; a test holds the two together.

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

-- The record of these bytes; nil for what is none, or was written by another version. Its body is the device, behind its
-- length, and the payload.
local function decode(bytes)
  if not bytes or #bytes < 49 or bytes:byte(1) ~= 1 then return nil end
  local flags, created, authenticated, absolute, idle, rotated, verifier, device =
    struct.unpack('>BI6I6I6I6I6c16B', bytes, 2)
  local tail = flags % 4 >= 2
  if #bytes < 49 + device + (tail and 32 or 0) then return nil end
  return {
    fresh = flags % 2 == 1,
    created = created, authenticated = authenticated, absolute = absolute, idle = idle, rotated = rotated,
    verifier = verifier, body = bytes:sub(49, tail and -33 or -1),
    previous = tail and bytes:sub(-32, -17) or nil, nonce = tail and bytes:sub(-16) or nil,
  }
end

-- What of its body is the device.
local function device(r)
  return r.body:sub(1, 1 + r.body:byte(1))
end

local function encode(r)
  local flags = (r.fresh and 1 or 0) + (r.previous and 2 or 0)
  local head = struct.pack('>BBI6I6I6I6I6', 1, flags, r.created, r.authenticated, r.absolute, r.idle, r.rotated)
  if r.previous then return head .. r.verifier .. r.body .. r.previous .. r.nonce end
  return head .. r.verifier .. r.body
end

local function expired(r)
  return now >= r.absolute or now >= r.idle
end
