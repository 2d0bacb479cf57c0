-- Suspected of killing its workers: with so many in its worker, itself counted, it may run at most. NULL: with any number.
ALTER TABLE evaluations ADD COLUMN company integer;
-- When a worker last set out to run it in that company.
ALTER TABLE evaluations ADD COLUMN reserved_at timestamptz;
-- The evaluation that makes the rubric's steps, for which this one waits.
ALTER TABLE evaluations ADD COLUMN waits_for uuid;
CREATE INDEX evaluations_suspects ON evaluations (next_run_at) WHERE state = 'queued' AND company IS NOT NULL;
CREATE INDEX evaluations_parked ON evaluations (waits_for) WHERE state = 'queued' AND waits_for IS NOT NULL;

-- When somebody else last took a running evaluation from this worker: one that it holds then was not alone.
ALTER TABLE workers ADD COLUMN taken_at timestamptz;

-- How often another took the making over from a maker that had not ended.
ALTER TABLE rubric_steps ADD COLUMN rivals integer NOT NULL DEFAULT 0;
