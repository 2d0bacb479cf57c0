-- What happened to each evaluation, for people. A row is written by the statement that changes the evaluation's state, so
-- that the two cannot differ; recovery reads the evaluation and its replies, and not this.

-- The number of the newest event or reply. 1 and 2 are its posting and its first place in the queue, for which there is no row.
ALTER TABLE evaluations ADD COLUMN last_seq integer NOT NULL DEFAULT 2;

-- Not a reference: each row is written with its evaluation locked, and removed with it.
CREATE TABLE events (
    evaluation_id uuid        NOT NULL,
    seq           integer     NOT NULL,
    at            timestamptz NOT NULL DEFAULT now(),
    kind          text        NOT NULL,
    epoch         bigint      NOT NULL,
    detail        jsonb,
    PRIMARY KEY (evaluation_id, seq)
);

-- Of the request that brought the reply: when it began, how long it took, and what was tried before. NULL: written by a
-- release that did not note it.
ALTER TABLE replies ADD COLUMN seq integer, ADD COLUMN request jsonb, ADD COLUMN cached_input_tokens bigint;

-- What a worker has left for others, as of its last heartbeat, and by when the next has to come. NULL: a release that does
-- not say.
ALTER TABLE workers
    ADD COLUMN beats_every   interval,
    ADD COLUMN lease         interval,
    ADD COLUMN slots_taken   integer,
    ADD COLUMN free_memory   bigint, -- in KiB
    -- Of which an evaluation takes this much, so many times its payload, and at most that.
    ADD COLUMN memory_fixed  bigint,
    ADD COLUMN memory_copies bigint,
    ADD COLUMN memory_max    bigint;
