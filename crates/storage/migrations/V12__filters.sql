-- When the evaluation of an assessment was posted: a list by what assessments say goes through them in that order. NULL:
-- written before there was this column, or by a worker of the release before; the worker fills it in small batches, and until
-- then such a list does not have it.
ALTER TABLE assessments ADD COLUMN posted_at timestamptz;
