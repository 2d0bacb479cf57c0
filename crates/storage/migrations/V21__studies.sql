-- A study judges a sample of labelled evaluations once more: a check of a rubric version, or an audit of a judge. It changes none of
-- them: what it has judged are evaluations of its own, which lists, figures and commands leave out.
CREATE TABLE studies (
    -- Made of what was asked and of the sample: asked again it is the same.
    id         uuid        NOT NULL PRIMARY KEY,
    tenant     text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('check', 'audit')),
    -- zstd JSON: what was asked, and what of the sample is not looked at.
    body       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- For retention.
CREATE INDEX studies_oldest ON studies (created_at);

-- Which assessment stands for a labelled evaluation in a variant: that of an evaluation of the study's own, or one that is there.
CREATE TABLE study_cases (
    study_id      uuid NOT NULL REFERENCES studies ON DELETE CASCADE,
    evaluation_id uuid NOT NULL REFERENCES evaluations ON DELETE CASCADE,
    variant       text NOT NULL,
    judged_id     uuid NOT NULL REFERENCES evaluations ON DELETE CASCADE,
    PRIMARY KEY (study_id, evaluation_id, variant)
);
CREATE INDEX study_cases_of_evaluation ON study_cases (evaluation_id);
CREATE INDEX study_cases_of_judged ON study_cases (judged_id);

-- The study that it was made for; NULL for all that was posted.
ALTER TABLE evaluations ADD COLUMN study_id uuid;
