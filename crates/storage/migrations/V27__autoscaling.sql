-- What the number of workers is decided by, beside the queue itself.

-- What each worker finds of each provider. The last rows stay when no worker is left.
CREATE TABLE provider_loads (
    worker              uuid        NOT NULL,
    provider            text        NOT NULL,
    requests_per_minute bigint,           -- NULL, here and below: no such limit
    tokens_per_minute   bigint,
    concurrency         bigint,
    in_flight           bigint      NOT NULL,
    call_seconds        float8,           -- NULL, here and below: no call has ended yet
    call_tokens         float8,
    said_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (worker, provider)
);

-- How many slots there should be, for autoscalers that ask PostgreSQL: written by whoever finds it old. One row.
CREATE TABLE worker_slots_wanted (
    one_row    boolean     NOT NULL PRIMARY KEY DEFAULT true CHECK (one_row),
    slots      bigint      NOT NULL DEFAULT 0,
    counted_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO worker_slots_wanted DEFAULT VALUES;
