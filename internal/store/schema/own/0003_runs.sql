-- The history of runs. An id is the time at which a run ended, in microseconds since 1970, times 2048, plus a number that
-- keeps ids of one microsecond apart: rows are added at the end and removed from the start.
CREATE TABLE nflow_runs (
	id {number} PRIMARY KEY,
	wid VARCHAR(255) NOT NULL,
	parent VARCHAR(255) NOT NULL,
	story VARCHAR(255) NOT NULL,
	app TEXT NOT NULL,
	flow TEXT NOT NULL,
	version VARCHAR(255) NOT NULL,
	instance VARCHAR(255) NOT NULL,
	kind VARCHAR(32) NOT NULL,
	starter VARCHAR(255) NOT NULL,
	method VARCHAR(32) NOT NULL,
	path TEXT NOT NULL,
	username VARCHAR(255) NOT NULL,
	started BIGINT NOT NULL,
	took BIGINT NOT NULL,
	status VARCHAR(16) NOT NULL,
	answer INTEGER NOT NULL,
	operations BIGINT NOT NULL,
	peak_memory BIGINT NOT NULL,
	nodes INTEGER NOT NULL,
	error TEXT NOT NULL,
	stack TEXT NOT NULL,
	failed_at VARCHAR(255) NOT NULL,
	exceeded VARCHAR(32) NOT NULL,
	input TEXT NOT NULL,
	bytes INTEGER NOT NULL
) {runs};

CREATE INDEX nflow_runs_wid ON nflow_runs (wid);
CREATE INDEX nflow_runs_flow ON nflow_runs (flow, id);
CREATE INDEX nflow_runs_status ON nflow_runs (status, id) WHERE status <> 'ok';
CREATE INDEX nflow_runs_username ON nflow_runs (username, id) WHERE username <> '';
CREATE INDEX nflow_runs_parent ON nflow_runs (parent, id) WHERE parent <> '';
CREATE INDEX nflow_runs_story ON nflow_runs (story, id) WHERE story <> '';

-- The nodes that runs visited. Times are in microseconds, at counts from the start of the run.
CREATE TABLE nflow_run_nodes (
	run BIGINT NOT NULL,
	visit INTEGER NOT NULL,
	place BIGINT NOT NULL,
	at BIGINT NOT NULL,
	took BIGINT NOT NULL,
	output TEXT NOT NULL,
	status VARCHAR(16) NOT NULL,
	changes TEXT NOT NULL,
	logs TEXT NOT NULL,
	PRIMARY KEY (run, visit)
) {run_nodes};

CREATE INDEX nflow_run_nodes_place ON nflow_run_nodes (place, run);

-- What a node was called when runs visited it; the id is a hash of the rest.
CREATE TABLE nflow_run_places (
	id {number} PRIMARY KEY,
	app TEXT NOT NULL,
	flow TEXT NOT NULL,
	node VARCHAR(255) NOT NULL,
	name TEXT NOT NULL,
	type TEXT NOT NULL
);

CREATE INDEX nflow_run_places_node ON nflow_run_places (node);

-- What is kept of each day, by the ends of runs; day counts from 1970, UTC.
CREATE TABLE nflow_run_days (
	day {number} PRIMARY KEY,
	runs BIGINT NOT NULL,
	bytes BIGINT NOT NULL
);

-- Visits of nodes by hour since 1970 and class of duration, of all runs, whether they are kept or not.
CREATE TABLE nflow_node_stats (
	place BIGINT NOT NULL,
	hour BIGINT NOT NULL,
	class INTEGER NOT NULL,
	visits BIGINT NOT NULL,
	failed BIGINT NOT NULL,
	PRIMARY KEY (place, hour, class)
);
