-- The evaluation steps that a model made of a rubric version: made once, and the same for every evaluation
-- by it.
CREATE TABLE rubric_steps (
    tenant   text        NOT NULL,
    rubric   text        NOT NULL, -- name@version
    model    text        NOT NULL,
    prompt   text        NOT NULL, -- the version of the prompt that asks for them
    maker    uuid        NOT NULL, -- the evaluation that makes them; not a reference: steps outlive it
    begun_at timestamptz NOT NULL DEFAULT now(),
    steps    bytea,                -- zstd JSON, once they are made
    PRIMARY KEY (tenant, rubric, model, prompt)
);
