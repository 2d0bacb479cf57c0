-- Where the ends of a tenant's evaluations are told, unless their payload or rubric says otherwise.
CREATE TABLE default_webhooks (
    tenant     text        NOT NULL PRIMARY KEY,
    url        text        NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
