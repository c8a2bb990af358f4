-- How long scripts ran, in microseconds, without what they waited for.
ALTER TABLE nflow_runs ADD COLUMN in_vm BIGINT NOT NULL DEFAULT 0;
