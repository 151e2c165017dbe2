-- After migration 1, where TimescaleDB is installed: hypertables of a day each, compressed after a
-- week. Market data and risk metrics are dropped after a year; fills and balances never are. Times
-- are BIGINT, so the policies need to be told what now is.
CREATE FUNCTION argonaut_now() RETURNS BIGINT LANGUAGE SQL STABLE AS
    $$ SELECT (extract(epoch FROM now()) * 1000000000)::BIGINT $$;
SELECT create_hypertable('quotes', 'time', chunk_time_interval => 86400000000000);
SELECT create_hypertable('trades', 'time', chunk_time_interval => 86400000000000);
SELECT create_hypertable('bars', 'time', chunk_time_interval => 86400000000000);
SELECT create_hypertable('fills', 'time', chunk_time_interval => 86400000000000);
SELECT create_hypertable('balances', 'time', chunk_time_interval => 86400000000000);
SELECT create_hypertable('risk_metrics', 'time', chunk_time_interval => 86400000000000);
SELECT set_integer_now_func('quotes', 'argonaut_now');
SELECT set_integer_now_func('trades', 'argonaut_now');
SELECT set_integer_now_func('bars', 'argonaut_now');
SELECT set_integer_now_func('fills', 'argonaut_now');
SELECT set_integer_now_func('balances', 'argonaut_now');
SELECT set_integer_now_func('risk_metrics', 'argonaut_now');
ALTER TABLE quotes SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument');
ALTER TABLE trades SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument');
ALTER TABLE bars SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument');
ALTER TABLE fills SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument');
ALTER TABLE balances SET (timescaledb.compress, timescaledb.compress_segmentby = 'account');
ALTER TABLE risk_metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'scope');
SELECT add_compression_policy('quotes', BIGINT '604800000000000');
SELECT add_compression_policy('trades', BIGINT '604800000000000');
SELECT add_compression_policy('bars', BIGINT '604800000000000');
SELECT add_compression_policy('fills', BIGINT '604800000000000');
SELECT add_compression_policy('balances', BIGINT '604800000000000');
SELECT add_compression_policy('risk_metrics', BIGINT '604800000000000');
SELECT add_retention_policy('quotes', BIGINT '31536000000000000');
SELECT add_retention_policy('trades', BIGINT '31536000000000000');
SELECT add_retention_policy('bars', BIGINT '31536000000000000');
SELECT add_retention_policy('risk_metrics', BIGINT '31536000000000000');
