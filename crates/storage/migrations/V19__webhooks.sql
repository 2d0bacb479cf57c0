-- Telling whoever asked for it that an evaluation has ended.

-- Where to. NULL: nowhere. Always ASCII: a URL as it is sent in a request.
ALTER TABLE evaluations ADD COLUMN webhook_url text;

-- Written by the statement that ends the evaluation; a row for each end. Removed with its evaluation.
CREATE TABLE webhook_deliveries (
    id            uuid        NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant        text        NOT NULL,
    evaluation_id uuid        NOT NULL,
    seq           integer     NOT NULL, -- of the end among the evaluation's events
    event         text        NOT NULL,
    url           text        NOT NULL,
    -- Host and port: those of one host are sent beside one another only up to a bound.
    host          text        NOT NULL GENERATED ALWAYS AS (coalesce(substring(url FROM '^[a-z]+://([^/?#]+)'), url)) STORED,
    state         text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed', 'disabled')),
    tries         integer     NOT NULL DEFAULT 0, -- that were begun since it was last asked for
    -- When it is tried; while a worker tries it, when that worker is taken for dead.
    next_at       timestamptz NOT NULL DEFAULT now(),
    worker        uuid,
    last_try_at   timestamptz,
    last_status   integer,
    last_error    text,                 -- one of our words, nothing of the receiver's
    finished_at   timestamptz,
    body          bytea,                -- what was sent, once a try has failed: each further try sends the same
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (evaluation_id, seq)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (host, next_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_oldest ON webhook_deliveries (next_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (tenant, created_at DESC, id DESC);
-- The few that people look for among the many.
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (tenant, state, created_at DESC, id DESC) WHERE state <> 'delivered';
ALTER TABLE webhook_deliveries ALTER COLUMN body SET STORAGE EXTERNAL;

-- Where receivers answered 410: nothing is sent there until somebody asks for it.
CREATE TABLE webhook_disabled_targets (
    tenant      text        NOT NULL,
    url         text        NOT NULL,
    disabled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, url)
);
CREATE INDEX webhook_disabled_targets_oldest ON webhook_disabled_targets (disabled_at);

-- What webhooks are signed with. The secret itself: HMAC needs it.
CREATE TABLE webhook_secrets (
    id         uuid        NOT NULL PRIMARY KEY,
    tenant     text        NOT NULL,
    secret     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz             -- NULL: never
);
CREATE INDEX webhook_secrets_of_tenant ON webhook_secrets (tenant, created_at DESC, id DESC);
