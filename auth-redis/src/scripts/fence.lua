-- What scripts share that fence off logins: those that began before the fence do not succeed.

-- Whether a session was opened before a fence; also one of the future, from before the clock was set back.
local function opened_before(r, fence)
  return r.created * 1000 <= fence or r.created > now
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
