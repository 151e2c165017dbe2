-- Migration 1 of identity: people, sessions, API keys and approvals. Runs on SQLite and PostgreSQL.
--
-- These tables are no projection: no journal has what is in them, and they do not go away with one. They
-- are in a file or schema of their own, so that whoever reads orders and fills need not be able to read
-- hashes of passwords, and no `argonaut store rebuild` touches them.
--
-- A host reads all of it when it starts and writes each change before it holds. `record` is all of a
-- thing as JSON, with hashes and no secret; the columns beside it are for people who look. Times are
-- milliseconds since the epoch. Do not change rows while a host runs: it would not notice.

CREATE TABLE users (
    id TEXT PRIMARY KEY,            -- the name
    owner TEXT NOT NULL,            -- the same
    expires_ms BIGINT NOT NULL,     -- 0: never
    record TEXT NOT NULL
);

-- Where people are logged in. Those that are over go when the next begins.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,            -- the user's name
    expires_ms BIGINT NOT NULL,
    record TEXT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,            -- the readable part of the key
    owner TEXT NOT NULL,            -- the user's name
    expires_ms BIGINT NOT NULL,
    record TEXT NOT NULL
);

-- What one person asked for and a second one must confirm.
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,            -- who asked
    expires_ms BIGINT NOT NULL,
    record TEXT NOT NULL
);
