//! Hostile plugins, scenario builders and checkers for tests.
