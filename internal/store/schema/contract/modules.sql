CREATE TABLE modules (
	id {id},
	name VARCHAR(255) NOT NULL UNIQUE,
	form TEXT,
	mod TEXT,
	code TEXT
)
