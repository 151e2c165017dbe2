-- Pages of one instrument, or of one strategy, are cut in the order of events. By the primary key
-- alone the rows of all others would be read to find them. Partitions that are made later have these
-- as well.
CREATE INDEX IF NOT EXISTS trades_by_instrument ON trades (instrument, time, sequence, ordinal);
CREATE INDEX IF NOT EXISTS bars_by_instrument ON bars (instrument, time, sequence, ordinal);
CREATE INDEX IF NOT EXISTS fills_by_strategy ON fills (strategy, time, sequence, ordinal);
