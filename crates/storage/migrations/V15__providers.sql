-- How a worker finds the deployments of models, as it last said; JSON. NULL: a release that does not say it.
ALTER TABLE workers ADD COLUMN deployments bytea, ADD COLUMN deployments_at timestamptz;
