CREATE TABLE api_tokens (
	id {id},
	name VARCHAR(255) NOT NULL,
	token VARCHAR(1024) NOT NULL,
	start BIGINT,
	expired BIGINT,
	active BOOLEAN NOT NULL DEFAULT TRUE,
	header VARCHAR(255) NOT NULL DEFAULT 'Authorization',
	token_type VARCHAR(255) NOT NULL DEFAULT 'Bearer'
)
