CREATE TABLE IF NOT EXISTS evaluations (
    id         uuid        PRIMARY KEY,
    payload    text        NOT NULL,
    status     text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
