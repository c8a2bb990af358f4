-- Which app brought a module or a template. Kind "sessions" is the app whose sessions those are that name none, and kind
-- "served" the app that served this database before sessions named theirs.
CREATE TABLE nflow_owners (
	kind VARCHAR(16) NOT NULL,
	name TEXT NOT NULL,
	app TEXT NOT NULL,
	PRIMARY KEY (kind, name, app)
);

INSERT INTO nflow_owners (kind, name, app)
	SELECT 'served', '', p.app FROM nflow_node_stats s JOIN nflow_run_places p ON p.id = s.place
	GROUP BY p.app ORDER BY max(s.hour) DESC, sum(s.visits) DESC, p.app LIMIT 1;

-- One row that is written to tell whether the database can be; written is in unix seconds, by the database's clock.
CREATE TABLE nflow_probe (
	id INTEGER PRIMARY KEY,
	written BIGINT NOT NULL
);
