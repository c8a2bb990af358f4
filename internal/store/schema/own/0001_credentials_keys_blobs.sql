-- Password hashes of argon2id; they win over users.password.
CREATE TABLE nflow_credentials (
	username VARCHAR(255) PRIMARY KEY,
	hash TEXT NOT NULL
);

-- Random keys that all processes on this database share, such as the key of the session cookie.
CREATE TABLE nflow_keys (
	name VARCHAR(255) PRIMARY KEY,
	value {bytes} NOT NULL
);

-- Sessions too large for a cookie; expires is in unix seconds.
CREATE TABLE nflow_session_blobs (
	id VARCHAR(255) PRIMARY KEY,
	data {bytes} NOT NULL,
	expires BIGINT NOT NULL
);

CREATE INDEX nflow_session_blobs_expires ON nflow_session_blobs (expires);
