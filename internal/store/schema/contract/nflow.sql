CREATE TABLE nflow (
	id {id},
	name VARCHAR(255) NOT NULL UNIQUE,
	json TEXT,
	default_js TEXT,
	tag TEXT
)
