-- The processes that serve on this database. Times are in unix seconds, by the database's clock.
CREATE TABLE nflow_instances (
	id VARCHAR(64) PRIMARY KEY,
	host VARCHAR(255) NOT NULL,
	pid BIGINT NOT NULL,
	address VARCHAR(255) NOT NULL,
	version VARCHAR(255) NOT NULL,
	app VARCHAR(255) NOT NULL,
	app_version VARCHAR(64) NOT NULL,
	state VARCHAR(16) NOT NULL,
	live BIGINT NOT NULL,
	started BIGINT NOT NULL,
	seen BIGINT NOT NULL,
	every BIGINT NOT NULL
);

-- Their runs that have lived for longer than a heartbeat; started is in unix milliseconds.
CREATE TABLE nflow_live_runs (
	wid VARCHAR(64) PRIMARY KEY,
	instance VARCHAR(64) NOT NULL,
	parent VARCHAR(64) NOT NULL,
	app VARCHAR(255) NOT NULL,
	flow VARCHAR(255) NOT NULL,
	node VARCHAR(255) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	started BIGINT NOT NULL
);

CREATE INDEX nflow_live_runs_instance ON nflow_live_runs (instance);

-- Runs that an instance wants ended by the one that has them, which then sets done.
CREATE TABLE nflow_kills (
	wid VARCHAR(64) PRIMARY KEY,
	asked BIGINT NOT NULL,
	done SMALLINT NOT NULL
);

-- Failed logins, by a hash of whom they count for; last is in unix seconds, by the database's clock.
CREATE TABLE nflow_login_failures (
	id VARCHAR(64) PRIMARY KEY,
	failures BIGINT NOT NULL,
	last BIGINT NOT NULL
);

CREATE INDEX nflow_login_failures_last ON nflow_login_failures (last);
