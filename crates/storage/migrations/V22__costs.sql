-- Of the tokens of the prompt, those that went into the provider's cache. NULL: the provider did not say, or a release before
-- did not ask.
ALTER TABLE replies ADD COLUMN cache_write_tokens bigint;

-- What a tenant, or one of its keys, may spend in a day or a month (UTC).
CREATE TABLE budgets (
    tenant            text        NOT NULL,
    api_key           text        NOT NULL DEFAULT '', -- the public part of a key; '': the tenant as a whole
    period            text        NOT NULL CHECK (period IN ('day', 'month')),
    limit_nano_usd    bigint      NOT NULL CHECK (limit_nano_usd >= 0),
    -- Of the period that began then.
    period_start      date        NOT NULL DEFAULT '-infinity',
    spent_nano_usd    bigint      NOT NULL DEFAULT 0,
    reserved_nano_usd bigint      NOT NULL DEFAULT 0,     -- for calls whose cost is not known, or not yet
    warned            boolean     NOT NULL DEFAULT false, -- that most of it is spent
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, api_key, period)
);

-- The key by which an evaluation was posted; NULL: none, or a release before.
ALTER TABLE evaluations ADD COLUMN api_key text;
