-- How many evaluations of one tenant a worker lets all workers together run; NULL: no bound, or a release without one.
ALTER TABLE workers ADD COLUMN tenant_slots integer;

-- How many more evaluations of a tenant may be claimed. Those who ask take turns until their transactions end; the count is
-- taken in a snapshot of its own, behind the lock (what a VOLATILE function runs sees what was committed before it ran).
CREATE FUNCTION tenant_room(whose text, slots bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(whose, 0));
    RETURN slots - (SELECT count(*) FROM evaluations WHERE state = 'running' AND tenant = whose);
END $$;
