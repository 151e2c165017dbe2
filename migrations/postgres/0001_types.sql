-- Before migration 1: the exact decimal of the shared statements.
CREATE DOMAIN decimal_text AS NUMERIC;
