-- How much there is to do: counted now and then by one worker, read by all.
CREATE TABLE queue_figures (
    priority      text        NOT NULL PRIMARY KEY,
    waiting       bigint      NOT NULL DEFAULT 0,
    in_flight     bigint      NOT NULL DEFAULT 0,
    oldest_due_at timestamptz, -- NULL: nothing waits
    counted_at    timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO queue_figures (priority) VALUES ('interactive'), ('batch');
