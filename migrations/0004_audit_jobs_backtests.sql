-- What files beside the journal hold, to be read with SQL: the files stay the truth, and these rows
-- follow them. They are as those of what no journal has, so `argonaut store rebuild` takes them over.
-- `time` is that of a clock, and `ordinal` always 0. Nothing is taken out: of jobs and backtests more
-- may be here than their files keep. JSON is as text.

-- The log of what people did. `time` is that of a record, to the millisecond, `sequence` its number. A
-- log that was begun anew (`new_audit_log`) counts from 1 again, at later times. The hashes that chain
-- records are in the file alone: `argonaut audit verify` reads that.
CREATE TABLE audit (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    actor TEXT NOT NULL,            -- a person, a person's key, or `-` for nobody known
    action TEXT NOT NULL,           -- what was asked for
    subject TEXT NOT NULL,          -- of what
    before TEXT,                    -- how it was, as JSON
    after TEXT,                     -- how it is, or what was asked for, as JSON
    request TEXT NOT NULL,          -- the request's id
    outcome TEXT NOT NULL,          -- an HTTP status or a word
    place TEXT NOT NULL,            -- the request's path and query
    approval TEXT,                  -- of a second person, which was used
    confirmed_by TEXT,              -- who confirmed it
    PRIMARY KEY (time, sequence, ordinal)
);
-- Where a host goes on.
CREATE INDEX audit_by_number ON audit (sequence);

-- Requests that went on after their answer, as they stand. `time` says when one was asked for,
-- `sequence` is its id.
CREATE TABLE jobs (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    operation TEXT NOT NULL,        -- what it does
    subject TEXT NOT NULL,          -- the path that was asked
    asked_by TEXT,                  -- who asked, where that is known
    state TEXT NOT NULL,            -- QUEUED, RUNNING, DONE, FAILED, CANCELED or INTERRUPTED
    ended BIGINT,                   -- when it was over
    status BIGINT,                  -- of what would have been the answer
    answer TEXT,                    -- its body as JSON, unless that is too long
    PRIMARY KEY (time, sequence, ordinal)
);

-- Backtests that somebody asked a host for, as they stand. `time` says when, `sequence` is the id.
CREATE TABLE backtests (
    time BIGINT NOT NULL, sequence BIGINT NOT NULL, ordinal BIGINT NOT NULL,
    plugin TEXT NOT NULL,           -- SHA-256 of the plugin's bytes
    title TEXT NOT NULL,            -- its name and version
    parameters TEXT NOT NULL,       -- of the strategy, as JSON
    settings TEXT NOT NULL,         -- data, period and the world it is in, as JSON
    asked_by TEXT,                  -- who asked, where that is known
    state TEXT NOT NULL,            -- QUEUED, RUNNING, DONE, FAILED, CANCELED or INTERRUPTED
    error TEXT,                     -- why it is no success
    began BIGINT,                   -- when its turn came
    ended BIGINT,                   -- when it was over
    journal_hash TEXT,              -- of what it did, once it was run
    result TEXT,                    -- statistics, costs, warnings, as JSON
    has_report BIGINT NOT NULL,     -- 0 or 1; the report itself is a file
    PRIMARY KEY (time, sequence, ordinal)
);
