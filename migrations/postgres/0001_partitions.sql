-- After migration 1, where TimescaleDB is not installed: what grows with time is partitioned by the
-- day of the engine's time. The host makes the partition of a day before its first row.
CREATE TABLE partitioned (LIKE quotes INCLUDING ALL) PARTITION BY RANGE (time);
DROP TABLE quotes;
ALTER TABLE partitioned RENAME TO quotes;
CREATE TABLE partitioned (LIKE trades INCLUDING ALL) PARTITION BY RANGE (time);
DROP TABLE trades;
ALTER TABLE partitioned RENAME TO trades;
CREATE TABLE partitioned (LIKE bars INCLUDING ALL) PARTITION BY RANGE (time);
DROP TABLE bars;
ALTER TABLE partitioned RENAME TO bars;
CREATE TABLE partitioned (LIKE fills INCLUDING ALL) PARTITION BY RANGE (time);
DROP TABLE fills;
ALTER TABLE partitioned RENAME TO fills;
CREATE TABLE partitioned (LIKE balances INCLUDING ALL) PARTITION BY RANGE (time);
DROP TABLE balances;
ALTER TABLE partitioned RENAME TO balances;
CREATE TABLE partitioned (LIKE risk_metrics INCLUDING ALL) PARTITION BY RANGE (time);
DROP TABLE risk_metrics;
ALTER TABLE partitioned RENAME TO risk_metrics;
