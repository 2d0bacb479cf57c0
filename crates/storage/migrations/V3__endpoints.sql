-- What endpoints of providers were seen to take: learned once, for all workers. A day later it is learned anew.
CREATE TABLE endpoints (
    provider   text        NOT NULL, -- its name in the settings
    address    text        NOT NULL, -- where and by which API it is called
    model      text        NOT NULL, -- as the provider names it
    abilities  bytea       NOT NULL, -- zstd JSON
    learned_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, address, model)
);
