-- Who may call the APIs. Of a key only its digest is kept.
CREATE TABLE api_keys (
    id           text        PRIMARY KEY, -- the public part of the key
    tenant       text        NOT NULL,
    name         text        NOT NULL,    -- what it is for; for people
    sha256       bytea       NOT NULL,    -- of the whole key
    scopes       text[]      NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,             -- NULL: never
    revoked_at   timestamptz,
    replaced_by  text,                    -- the key that took its place
    last_used_at timestamptz              -- to the minute
);
CREATE INDEX api_keys_of_tenant ON api_keys (tenant, created_at DESC, id DESC);
