-- The circuit breaker of a deployment: a hash, described in circuit.rs. What follows these functions calls them.
local CLOSED, HALF_OPEN, OPEN = 1, 2, 3
local REASONS = { failing = 1, unauthorized = 2 }
local PART, PARTS, LEAST = 3000000, 10, 20
local FIRST_OPEN, LONGEST_OPEN, NEXT_TRY, KEPT_MS, COUNTS_KEPT_MS = 5000000, 60000000, 1000000, 900000, 60000
-- A probe whose worker died is given up after this time.
local PROBE = 90000000
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function read_circuit(key)
    local held = redis.call('HMGET', key, 'state', 'reason', 'until', 'since', 'generation', 'openings', 'probe')
    local circuit = { key = key, reason = held[2], ends = tonumber(held[3]) or 0, since = tonumber(held[4]),
        generation = tonumber(held[5]) or 0, openings = tonumber(held[6]) or 0, probe = held[7], state = CLOSED }
    if REASONS[circuit.reason] and held[1] == 'open' then circuit.state = OPEN end
    if REASONS[circuit.reason] and held[1] == 'half_open' then circuit.state = HALF_OPEN end
    -- A clock that was set back does not keep it open.
    if circuit.ends > now + PROBE then circuit.ends = now end
    return circuit
end

local COUNTS = {}
for slot = 0, PARTS do COUNTS[slot + 1] = 'calls' .. slot end

local function write_circuit(circuit, state)
    redis.call('HSET', circuit.key, 'state', state, 'reason', circuit.reason or '', 'until', circuit.ends,
        'since', circuit.since, 'generation', circuit.generation, 'openings', circuit.openings, 'probe', circuit.probe or '')
    redis.call('PEXPIRE', circuit.key, KEPT_MS)
end

local function open_circuit(circuit, reason)
    if circuit.state == CLOSED then circuit.since = now end
    circuit.ends = now + math.min(FIRST_OPEN * 2 ^ circuit.openings, LONGEST_OPEN)
    circuit.state, circuit.reason, circuit.probe = OPEN, reason, nil
    circuit.openings, circuit.generation = math.min(circuit.openings + 1, 10), now
    redis.call('HDEL', circuit.key, unpack(COUNTS))
    write_circuit(circuit, 'open')
end

local function close_circuit(circuit)
    circuit.state, circuit.reason, circuit.probe, circuit.ends = CLOSED, nil, nil, 0
    circuit.openings, circuit.generation, circuit.since = 0, now, now
    redis.call('HDEL', circuit.key, unpack(COUNTS))
    write_circuit(circuit, 'closed')
end

-- Whether a call may be made as far as the breaker goes; says of itself whether it is the one that tries.
local function asks_circuit(circuit, call, openings, reason)
    -- Redis lost what this worker knows.
    if circuit.generation == 0 and openings > 0 and REASONS[reason] then
        circuit.state, circuit.reason, circuit.openings = OPEN, reason, openings
        circuit.since, circuit.generation = now, now
    end
    if circuit.state == CLOSED then return true end
    circuit.is_probe = circuit.state == HALF_OPEN and circuit.probe == call or circuit.ends <= now
    return circuit.is_probe
end

-- Notes that a call tries, once all else lets it in.
local function begin_probe(circuit, call)
    circuit.state, circuit.probe, circuit.ends = HALF_OPEN, call, now + PROBE
    write_circuit(circuit, 'half_open')
end

-- Counts a call in its part of the window; true when too many of the latest failed.
local function count_call(circuit, failed)
    local part, calls, failures = math.floor(now / PART), 1, failed
    local own, of_own = COUNTS[part % (PARTS + 1) + 1], { 1, failed }
    for _, counts in ipairs(redis.call('HMGET', circuit.key, unpack(COUNTS))) do
        local of, some, bad = string.match(counts or '', '^(%d+):(%d+):(%d+)$')
        of = tonumber(of)
        if of and of <= part and of > part - PARTS then
            calls, failures = calls + some, failures + bad
            if of == part then of_own = { some + 1, bad + failed } end
        end
    end
    redis.call('HSET', circuit.key, own, string.format('%d:%d:%d', part, of_own[1], of_own[2]))
    -- One that never opened is kept no longer than its window: anybody may invent names of models.
    if circuit.generation == 0 then redis.call('PEXPIRE', circuit.key, COUNTS_KEPT_MS) end
    return calls >= LEAST and failures * 2 >= calls
end

-- Notes how a call ended; an outcome of '' says that it was not made, or broken off.
local function tell_circuit(circuit, call, generation, outcome)
    local probed = circuit.state == HALF_OPEN and circuit.probe == call
    -- A probe that was given up and is answered all the same: since it last opened nobody else was let in.
    local late = circuit.state ~= CLOSED and circuit.generation > 0 and circuit.generation == generation
        and (outcome == 'answered' or outcome == 'rate_limited')
    if probed and outcome == '' then
        -- The question is open: the next call asks it.
        circuit.state, circuit.probe, circuit.ends = OPEN, nil, now
        write_circuit(circuit, 'open')
    elseif probed and (outcome == 'failed' or outcome == 'unauthorized') then
        open_circuit(circuit, outcome == 'failed' and 'failing' or outcome)
    elseif probed or late then
        close_circuit(circuit)
    elseif circuit.state == CLOSED and circuit.generation == generation then
        if outcome == 'unauthorized' then
            open_circuit(circuit, outcome)
        elseif outcome == 'failed' or outcome == 'answered' then
            local failing = count_call(circuit, outcome == 'failed' and 1 or 0)
            if failing and outcome == 'failed' then open_circuit(circuit, 'failing') end
        end
    end
end

-- State, reason, microseconds until it is to be asked again and since it is so, generation, openings, and whether the
-- call that asks is the one that tries.
local function circuit_told(circuit)
    local after = circuit.state ~= CLOSED and math.max(0, circuit.ends - now) or 0
    if circuit.state == HALF_OPEN then after = math.min(after, NEXT_TRY) end
    local age = circuit.since and math.max(0, now - circuit.since) or -1
    return { circuit.state, REASONS[circuit.reason] or 0, after, age, circuit.generation, circuit.openings,
        circuit.is_probe and 1 or 0 }
end
