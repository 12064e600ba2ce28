-- The time of the server, which is the same all through a script.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local now = math.floor(us / 1000)

-- A paused server runs what it was sent minutes ago, when the client has long given up: that must have no effect.
local function late(deadline)
  return deadline ~= '0' and us > tonumber(deadline)
end

