-- What an assessment says, in columns that SQL can filter by and aggregate. NULL in `criteria`: written before there were
-- these columns, or by a worker of the release before; the worker fills them in small batches.
ALTER TABLE assessments ADD COLUMN criteria text[];
-- One for each of `criteria`: on the criterion's own scale, and mapped onto 0 to 1. NULL where a criterion does not apply.
ALTER TABLE assessments ADD COLUMN criterion_scores double precision[];
ALTER TABLE assessments ADD COLUMN criterion_normalized double precision[];
ALTER TABLE assessments ADD COLUMN reason text;
ALTER TABLE assessments ADD COLUMN flags text[];
