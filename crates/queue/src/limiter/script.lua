-- One call to an account is let in, or has ended. The functions of the breaker stand before this.
-- KEYS: the hash of the buckets, the sorted set of the calls under way, the hash of the breaker (not there: none).
-- ARGV: what is done, the call, requests a minute, tokens a minute, calls at once (0: not limited), and for
--   admit: the tokens it needs, the microseconds until its place expires; how often in a row the breaker opened and why,
--     as the worker knows it; interactive or batch
--   settle: the tokens it reserved, the tokens it used; the breaker's generation at the admission, the outcome
-- Returns the microseconds to wait (0: let in, or settled; -1: the breaker says when), and how the breaker is.
-- A level counts sixty-millionths of a request or token: n a minute is n a microsecond, and all numbers are whole.
local MINUTE, WINDOW, NEXT_LOOK, IDLE_MS, HEAD_STAYS, LATE = 60000000, 6000000, 1000000, 3600000, 10000000, 500000
local act, call, places = ARGV[1], ARGV[2], tonumber(ARGV[5])
local first, second = tonumber(ARGV[6]), tonumber(ARGV[7])
local breaker = KEYS[3] and read_circuit(KEYS[3])
local limited = tonumber(ARGV[3]) > 0 or tonumber(ARGV[4]) > 0 or places > 0

local function answer(after) return { after, breaker and circuit_told(breaker) or {} } end

if breaker and act == 'admit' and not asks_circuit(breaker, call, tonumber(ARGV[8]), ARGV[9]) then return answer(-1) end
if breaker and act == 'settle' then tell_circuit(breaker, call, tonumber(ARGV[8]), ARGV[9]) end
if not limited then
    if act == 'admit' and breaker.is_probe then begin_probe(breaker, call) end
    return answer(0)
end

-- The bucket as it is now; one that is not there or cannot be read is empty.
local function bucket(name, rate, least)
    if rate == 0 then return nil end
    local held = redis.call('HMGET', KEYS[1], name, name .. '_at')
    local level, at = tonumber(held[1]), tonumber(held[2])
    local capacity = math.max(rate * WINDOW, least)
    if not level or not at then level, at = 0, now end
    -- A clock that was set back adds nothing, and goes on from there.
    level = math.min(capacity, level + math.max(0, now - at) * rate)
    return { rate = rate, capacity = capacity, level = level, is_set_back = at > now }
end

local function wait(bucket, need)
    return bucket and math.max(0, math.ceil((math.min(need, bucket.capacity) - bucket.level) / bucket.rate)) or 0
end

-- The largest call that waits for tokens, while it is waited for: not by a clock that was set back.
local function waiting(tokens)
    if not tokens or tokens.is_set_back then return nil end
    local held = redis.call('HMGET', KEYS[1], 'head', 'head_promised', 'head_until', 'head_holds', 'head_priority')
    local need, promised, ends = tonumber(held[1]), tonumber(held[2]), tonumber(held[3])
    if not need or not promised or not ends or ends <= now then return nil end
    return { need = need, promised = promised, ends = ends, holds = held[4] == '1', is_batch = held[5] == 'batch' }
end

local requests = bucket('requests', tonumber(ARGV[3]), MINUTE)
local tokens = bucket('tokens', tonumber(ARGV[4]), 0)
local with_tokens, without_tokens = '+' .. call, '-' .. call
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)

local after = 0
if act == 'admit' then
    -- The client may have sent the same command twice.
    if redis.call('ZSCORE', KEYS[2], with_tokens) or redis.call('ZSCORE', KEYS[2], without_tokens) then return answer(0) end
    local missing = wait(tokens, first * MINUTE)
    after = math.max(wait(requests, MINUTE), missing)
    local head, is_batch = waiting(tokens), ARGV[10] == 'batch'
    -- An interactive call passes a batch that waits: it would hold up whom it has to wait for.
    local passes = head and head.is_batch and not is_batch
    -- How much larger the head is, of what fits into the bucket.
    local larger = head and not passes
        and math.min(head.need * MINUTE, tokens.capacity) - math.min(first * MINUTE, tokens.capacity) or 0
    if head and is_batch and not head.is_batch then larger = math.max(larger, 1) end
    if larger > 0 and head.holds then after = math.max(after, head.ends - now) end
    if is_batch then
        local urgent = tonumber(redis.call('HGET', KEYS[1], 'urgent_until')) or 0
        -- Not by a clock that was set back.
        if urgent > now and urgent <= now + NEXT_LOOK + LATE then after = math.max(after, urgent - now) end
    end
    if places > 0 and redis.call('ZCARD', KEYS[2]) >= places then
        local expiry = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
        after = math.max(after, math.min(NEXT_LOOK, expiry - now))
    end
    if not is_batch and after > 0 then
        redis.call('HSET', KEYS[1], 'urgent_until', now + math.min(after, NEXT_LOOK) + LATE)
        redis.call('PEXPIRE', KEYS[1], IDLE_MS)
    end
    if larger <= 0 and after == 0 then
        if not passes then
            redis.call('HDEL', KEYS[1], 'head', 'head_promised', 'head_until', 'head_holds', 'head_priority')
        end
    elseif larger <= 0 and (head and not passes or missing > 0) then
        local same = head and not passes and larger == 0
        -- Tokens are missing that it was promised: not who waits for those that go before it.
        local holds = same and missing > 0 and (head.holds or now >= head.promised)
        redis.call('HSET', KEYS[1], 'head', first, 'head_promised', same and head.promised or now + after,
            'head_until', now + after + HEAD_STAYS, 'head_holds', holds and 1 or 0,
            'head_priority', is_batch and 'batch' or 'interactive')
    end
    if after == 0 then
        if breaker and breaker.is_probe then begin_probe(breaker, call) end
        if requests then requests.level = requests.level - MINUTE end
        if tokens then tokens.level = tokens.level - first * MINUTE end
        redis.call('ZADD', KEYS[2], now + second, tokens and with_tokens or without_tokens)
        local longest_ms = math.ceil(second / 1000)
        if redis.call('PTTL', KEYS[2]) < longest_ms then redis.call('PEXPIRE', KEYS[2], longest_ms) end
    end
else
    local reserved = redis.call('ZREM', KEYS[2], with_tokens) == 1
    local unlimited = redis.call('ZREM', KEYS[2], without_tokens) == 1
    local beyond = (second - first) * MINUTE
    if tokens and (reserved or (beyond > 0 and not unlimited)) then
        local least = math.min(tokens.level, -tokens.capacity)
        tokens.level = math.min(tokens.capacity, math.max(least, tokens.level - beyond))
    end
end

-- Also when nothing was taken: an empty bucket begins to fill with the first who asks.
local idle_ms = IDLE_MS
for name, bucket in pairs({ requests = requests, tokens = tokens }) do
    redis.call('HSET', KEYS[1], name, bucket.level, name .. '_at', now)
    idle_ms = math.max(idle_ms, math.ceil(2 * (bucket.capacity - bucket.level) / bucket.rate / 1000))
end
if requests or tokens then redis.call('PEXPIRE', KEYS[1], idle_ms) end
return answer(after)
