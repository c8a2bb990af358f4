-- What flows keep by kv.set, for each app; expires is in unix seconds, 0 for never.
CREATE TABLE nflow_kv (
	app VARCHAR(255) NOT NULL,
	key VARCHAR(255) NOT NULL,
	value TEXT NOT NULL,
	expires BIGINT NOT NULL,
	PRIMARY KEY (app, key)
);

CREATE INDEX nflow_kv_expires ON nflow_kv (expires);

-- Secrets of flows, sealed with the key "secrets" of nflow_keys.
CREATE TABLE nflow_secrets (
	name VARCHAR(255) PRIMARY KEY,
	sealed {bytes} NOT NULL
);
