-- NULL: the provider did not say. Workers of the release before write 0 there, and read neither.
ALTER TABLE replies ALTER COLUMN input_tokens DROP NOT NULL, ALTER COLUMN output_tokens DROP NOT NULL;
