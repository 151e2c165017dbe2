//! Values the host keeps for a strategy, bounded in total size. They are also intents, so that the
//! journal has them; this copy is what the guest reads back.

use std::collections::BTreeMap;

/// The values of one strategy.
#[derive(Debug)]
pub(crate) struct Values {
    entries: BTreeMap<String, Vec<u8>>,
    used_bytes: usize,
    limit_bytes: usize,
}

impl Values {
    pub(crate) const fn new(limit_bytes: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            used_bytes: 0,
            limit_bytes,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        self.entries.get(key).map(Vec::as_slice)
    }

    /// Keeps a value; empty bytes remove it. False, and no change, when the limit would be passed.
    #[must_use]
    pub(crate) fn put(&mut self, key: &str, value: &[u8]) -> bool {
        let old = self.entries.get(key).map_or(0, |old| key.len() + old.len());
        let new = if value.is_empty() {
            0
        } else {
            key.len().saturating_add(value.len())
        };
        let total = (self.used_bytes - old).saturating_add(new);
        if total > self.limit_bytes {
            return false;
        }
        self.used_bytes = total;
        if value.is_empty() {
            self.entries.remove(key);
        } else {
            self.entries.insert(key.to_owned(), value.to_vec());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_replaced_removed_and_bounded() {
        let mut values = Values::new(10);
        assert!(values.put("a", b"12345"));
        assert!(
            values.put("a", b"123456789"),
            "replacing frees what it replaces"
        );
        assert!(!values.put("b", b"1"));
        assert_eq!(
            (values.get("a"), values.get("b")),
            (Some(&b"123456789"[..]), None)
        );
        assert!(values.put("a", b""));
        assert!(values.put("b", b"123456789"));
        assert_eq!(values.get("a"), None);
    }
}
