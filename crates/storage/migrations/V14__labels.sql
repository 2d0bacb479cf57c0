-- What people say of candidates. Never updated: the newest of a rater and a criterion counts.
CREATE TABLE labels (
    id            uuid        NOT NULL PRIMARY KEY,
    tenant        text        NOT NULL,
    evaluation_id uuid        NOT NULL REFERENCES evaluations ON DELETE CASCADE,
    rater         text        NOT NULL,
    criterion     text,             -- NULL: the whole
    score         double precision, -- on the criterion's own scale; 0 to 1 for the whole
    preference    text        CHECK (preference IN ('first', 'second', 'tie')),
    note          text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CHECK (score IS NOT NULL OR preference IS NOT NULL OR note IS NOT NULL)
);
CREATE INDEX labels_of_evaluation ON labels (evaluation_id, rater, created_at DESC, id DESC);

-- Whether it has labels: set with the first one, for lists.
ALTER TABLE evaluations ADD COLUMN labelled boolean NOT NULL DEFAULT false;
