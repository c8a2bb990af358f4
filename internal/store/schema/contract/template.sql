CREATE TABLE template (
	id {id},
	name VARCHAR(255) NOT NULL UNIQUE,
	content TEXT
)
