-- Why an alert is over. A host that comes back closes the alerts of earlier runs that it does not
-- know any more: they were never resolved by what raised them, and must not stay open for ever.
-- CLEARED by what raised it, or RESTART; NULL while it is not over, and before this migration.
ALTER TABLE alerts ADD COLUMN reason TEXT;
