CREATE TABLE IF NOT EXISTS evaluations (
    id             uuid        PRIMARY KEY,
    payload        text        NOT NULL,
    status         text        NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    -- What a read answers with, once it has been judged.
    rubric         text,
    strategy       text,
    model          text,
    priority       text,
    correlation_id text,
    attempts       integer,
    metadata       jsonb,
    progress       jsonb,
    error          jsonb,
    usage          jsonb,
    assessment     jsonb,
    started_at     timestamptz,
    finished_at    timestamptz
);
