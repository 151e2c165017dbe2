-- Migration 2 of identity: how far the audit log had come. Runs on SQLite and PostgreSQL.
--
-- Noted with each change of the other tables and when a host ends, so that a log that is gone or shorter
-- is noticed at the next start.

CREATE TABLE logs (
    id TEXT PRIMARY KEY,            -- which log
    owner TEXT NOT NULL,            -- nobody
    expires_ms BIGINT NOT NULL,     -- 0: never
    record TEXT NOT NULL            -- how many records it had, and its head
);
