-- Figures of closed hours, made from the record by one worker at a time, so that a year of them can be added up while
-- somebody waits. Nothing is lost with these tables: emptied, they are made anew.

-- Each hour in which a tenant posted something: counted again where it changed since.
CREATE TABLE stats_hours (
    tenant     text        NOT NULL,
    hour       timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT '-infinity',
    took       interval    NOT NULL DEFAULT '0', -- the last count
    PRIMARY KEY (tenant, hour)
);
CREATE INDEX stats_hours_changed ON stats_hours (changed_at) WHERE changed_at > counted_at;

CREATE TABLE stats_cells (
    tenant   text        NOT NULL,
    unit     text        NOT NULL, -- hour, or the day of its hours in UTC
    -- What is told apart: 1 the rubric, 2 the strategy, 4 the model, added up. What is not is ''. Each choice has cells of its
    -- own, so that one cell for each hour or day answers.
    apart    smallint    NOT NULL,
    start    timestamptz NOT NULL,
    rubric   text        NOT NULL,
    strategy text        NOT NULL,
    model    text        NOT NULL, -- '' also where none was asked for yet
    body     bytea       NOT NULL, -- JSON
    PRIMARY KEY (tenant, unit, apart, start, rubric, strategy, model)
);

-- One row: up to when changes were looked for, and when the last turn began.
CREATE TABLE stats_progress (
    one          boolean     NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
    marked_until timestamptz, -- NULL: nothing was counted yet
    turn_at      timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO stats_progress DEFAULT VALUES;
