-- Every evaluation, its payload, its plan, the replies that were paid for, and its one assessment.
-- Rules: migrations only expand, a later release contracts; old and new services run side by side.

CREATE TABLE evaluations (
    -- Holds the tenant already: a UUIDv8 of SHA-256 over tenant and payload.
    id             uuid        NOT NULL PRIMARY KEY,
    tenant         text        NOT NULL,
    -- SHA-256 of the canonical payload: tells a reused idempotency key.
    payload_sha256 bytea       NOT NULL,
    state          text        NOT NULL DEFAULT 'queued'
                   CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    priority       text        NOT NULL CHECK (priority IN ('interactive', 'batch')),
    strategy       text        NOT NULL,
    -- `name@version`, `name@inline` or `inline`.
    rubric         text        NOT NULL,
    -- The model asked for: by the request or its rubric at first, by the plan once there is one.
    model          text,
    metadata       jsonb       NOT NULL DEFAULT '{}',
    correlation_id text        NOT NULL,
    traceparent    text,

    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    started_at     timestamptz,
    finished_at    timestamptz,
    -- After this its sender has no use for a result.
    deadline_at    timestamptz,
    -- Not before this; later than created_at after a handled failure.
    next_run_at    timestamptz NOT NULL DEFAULT now(),
    -- When it was last put into the Redis stream; NULL while only this table knows of it.
    announced_at   timestamptz,

    -- The worker that holds it, and the fencing token that every write of that worker carries.
    owner          uuid,
    epoch          bigint      NOT NULL DEFAULT 0,
    attempts       integer     NOT NULL DEFAULT 0,
    failures       integer     NOT NULL DEFAULT 0,
    crashes        integer     NOT NULL DEFAULT 0,
    -- Rises when its sender has it run again.
    round          integer     NOT NULL DEFAULT 1,
    steps_total    integer,

    outcome        text        CHECK (outcome IN ('scored', 'abstained', 'unscorable')),
    error_code     text,
    error_message  text,

    CHECK ((state = 'running') = (owner IS NOT NULL)),
    CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((state = 'succeeded') = (outcome IS NOT NULL)),
    CHECK ((state = 'failed') = (error_code IS NOT NULL))
);

-- The backlog that is not in the stream, tenant by tenant.
CREATE INDEX evaluations_backlog ON evaluations (priority, tenant, next_run_at)
    WHERE state = 'queued' AND announced_at IS NULL;
-- What should be in the stream: never more than a window of it.
CREATE INDEX evaluations_announced ON evaluations (priority, announced_at)
    WHERE state = 'queued' AND announced_at IS NOT NULL;
-- What waits, for its figures.
CREATE INDEX evaluations_waiting ON evaluations (priority, next_run_at) WHERE state = 'queued';
CREATE INDEX evaluations_running ON evaluations (owner) WHERE state = 'running';
CREATE INDEX evaluations_deadline ON evaluations (deadline_at)
    WHERE deadline_at IS NOT NULL AND state IN ('queued', 'running');
CREATE INDEX evaluations_finished ON evaluations (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX evaluations_newest ON evaluations (tenant, created_at DESC, id DESC);
-- The few that people look for among the many.
CREATE INDEX evaluations_failed ON evaluations (tenant, created_at DESC, id DESC) WHERE state = 'failed';

-- What was sent, byte for byte. Not in `evaluations`, so that its hot rows stay small; bytea, because
-- text and jsonb refuse U+0000; compressed before it gets here, so not once more.
CREATE TABLE payloads (
    evaluation_id uuid   NOT NULL PRIMARY KEY REFERENCES evaluations ON DELETE CASCADE,
    tenant        text   NOT NULL,
    -- Uncompressed, in bytes.
    size          bigint NOT NULL,
    body          bytea  NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
-- For retention.
CREATE INDEX payloads_oldest ON payloads (created_at);
ALTER TABLE payloads ALTER COLUMN body SET STORAGE EXTERNAL;

-- What was decided at the first claim. Never updated.
CREATE TABLE plans (
    evaluation_id uuid        NOT NULL PRIMARY KEY REFERENCES evaluations ON DELETE CASCADE,
    tenant        text        NOT NULL,
    version       smallint    NOT NULL,
    body          bytea       NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE plans ALTER COLUMN body SET STORAGE EXTERNAL;

-- What was paid for. Never updated, never bought twice: once a step and round, and a later round buys only
-- what could not be used.
CREATE TABLE replies (
    evaluation_id uuid        NOT NULL REFERENCES evaluations ON DELETE CASCADE,
    tenant        text        NOT NULL,
    step          text        NOT NULL,
    round         integer     NOT NULL,
    epoch         bigint      NOT NULL,
    body          bytea       NOT NULL,
    input_tokens  bigint      NOT NULL,
    output_tokens bigint      NOT NULL,
    -- NULL: the price is not known.
    cost_nano_usd bigint,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (evaluation_id, step, round)
);
ALTER TABLE replies ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE assessments (
    evaluation_id uuid             NOT NULL PRIMARY KEY REFERENCES evaluations ON DELETE CASCADE,
    tenant        text             NOT NULL,
    outcome       text             NOT NULL,
    score         double precision,
    passed        boolean,
    epoch         bigint           NOT NULL,
    body          bytea            NOT NULL,
    created_at    timestamptz      NOT NULL DEFAULT now()
);
ALTER TABLE assessments ALTER COLUMN body SET STORAGE EXTERNAL;

-- Immutable versions. The built-in rubrics are in the code.
CREATE TABLE rubrics (
    tenant     text        NOT NULL,
    name       text        NOT NULL,
    version    integer     NOT NULL,
    body       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, name, version)
);

-- Who judges. A worker whose heartbeat is older than the lease has lost what it held. Workers serve
-- every tenant, so this is the one table without one.
CREATE TABLE workers (
    id           uuid        NOT NULL PRIMARY KEY,
    version      text        NOT NULL,
    slots        integer     NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now()
);
