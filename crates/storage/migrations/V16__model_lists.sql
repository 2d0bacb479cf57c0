-- The models that providers list, asked for once a day by whichever worker comes first.
CREATE TABLE model_lists (
    provider text        NOT NULL, -- its name in the settings
    address  text        NOT NULL, -- where and by which API it is called
    next_at  timestamptz NOT NULL, -- when it is asked again
    read_at  timestamptz,          -- NULL: never
    models   bytea,                -- zstd JSON; NULL: it does not list them
    PRIMARY KEY (provider, address)
);
