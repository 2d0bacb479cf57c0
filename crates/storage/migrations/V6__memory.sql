-- For how long an evaluation that had begun was due and no worker took it: that is none of its time.
ALTER TABLE evaluations ADD COLUMN waited interval NOT NULL DEFAULT interval '0';
-- What all that is counted takes of the workers' memory, in KiB.
ALTER TABLE queue_figures
    ADD COLUMN waiting_memory   bigint NOT NULL DEFAULT 0,
    ADD COLUMN in_flight_memory bigint NOT NULL DEFAULT 0;
