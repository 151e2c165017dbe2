//! Bounds the memory of one instance: all its linear memories together, all its tables together.

use wasmtime::{ResourceLimiter, Result};

/// Core instances, tables and memories that one component may be made of. A strategy in Python is
/// linked of some sixty modules, which share one memory and one table.
const MAX_INSTANCES: usize = 128;
const MAX_TABLES: usize = 32;
const MAX_MEMORIES: usize = 4;

/// Counts what was granted and refuses what exceeds the limits.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    limit_bytes: usize,
    limit_elements: usize,
    used_bytes: usize,
    used_elements: usize,
    /// Bytes and elements granted last, to take back if the growth then fails.
    granted_bytes: usize,
    granted_elements: usize,
    /// Whether growth was refused since this was last cleared.
    pub(crate) refused: bool,
}

impl MemoryLimiter {
    pub(crate) const fn new(limit_bytes: usize, limit_elements: usize) -> Self {
        Self {
            limit_bytes,
            limit_elements,
            used_bytes: 0,
            used_elements: 0,
            granted_bytes: 0,
            granted_elements: 0,
            refused: false,
        }
    }

    /// Bytes of linear memory in use.
    pub(crate) const fn used_bytes(&self) -> usize {
        self.used_bytes
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let more = desired.saturating_sub(current);
        let total = self.used_bytes.saturating_add(more);
        if total > self.limit_bytes || maximum.is_some_and(|maximum| desired > maximum) {
            self.refused = true;
            return Ok(false);
        }
        self.used_bytes = total;
        self.granted_bytes = more;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.used_bytes = self
            .used_bytes
            .saturating_sub(std::mem::take(&mut self.granted_bytes));
        self.refused = true;
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let more = desired.saturating_sub(current);
        let total = self.used_elements.saturating_add(more);
        if total > self.limit_elements || maximum.is_some_and(|maximum| desired > maximum) {
            self.refused = true;
            return Ok(false);
        }
        self.used_elements = total;
        self.granted_elements = more;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        let granted = std::mem::take(&mut self.granted_elements);
        self.used_elements = self.used_elements.saturating_sub(granted);
        self.refused = true;
        Ok(())
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_share_one_limit() {
        let mut limiter = MemoryLimiter::new(100, 10);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(!limiter.memory_growing(40, 41, None).unwrap());
        assert!(limiter.refused);
        assert_eq!(limiter.used_bytes(), 100);
    }

    #[test]
    fn failed_growth_is_given_back() {
        let mut limiter = MemoryLimiter::new(100, 10);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        limiter
            .memory_grow_failed(wasmtime::Error::msg("no memory"))
            .unwrap();
        assert_eq!(limiter.used_bytes(), 0);
        assert!(limiter.table_growing(0, 10, None).unwrap());
        assert!(!limiter.table_growing(10, 11, None).unwrap());
    }
}
