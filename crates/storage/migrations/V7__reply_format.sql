-- Which format a reply's body has: a worker leaves those of a newer release alone. What is there already is of the first.
ALTER TABLE replies ADD COLUMN version smallint NOT NULL DEFAULT 1;
