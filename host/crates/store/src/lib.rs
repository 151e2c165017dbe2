//! Files of market data: CSV and Parquet in, typed events out.
