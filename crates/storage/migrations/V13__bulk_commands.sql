-- Commands for all evaluations that match a filter. Whichever status-api comes first carries a batch of one out: a command has
-- no other owner than the lease, and what it did stands beside its place, so that any other goes on where one died.
CREATE TABLE bulk_commands (
    id           uuid        NOT NULL PRIMARY KEY,
    tenant       text        NOT NULL,
    command      text        NOT NULL CHECK (command IN ('cancel', 'retry')),
    -- zstd JSON: the filters by name, as they were sent. A release that does not know one of them leaves the command alone.
    filter       bytea       NOT NULL,
    -- What was posted before this counts.
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- All from here on, the newest first, is still to be looked at.
    next_at      timestamptz NOT NULL DEFAULT now(),
    next_id      uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- How many there were at the start, and how many it has changed.
    matched      bigint      NOT NULL,
    done         bigint      NOT NULL DEFAULT 0,
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    finished_at  timestamptz
);
CREATE INDEX bulk_commands_open ON bulk_commands (leased_until) WHERE finished_at IS NULL;
-- For retention.
CREATE INDEX bulk_commands_finished ON bulk_commands (finished_at) WHERE finished_at IS NOT NULL;
