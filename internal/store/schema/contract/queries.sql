CREATE TABLE queries (
	id {id},
	name VARCHAR(255) NOT NULL UNIQUE,
	query TEXT
)
