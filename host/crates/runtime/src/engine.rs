//! How wasmtime is configured, once for the process, and the fingerprint of that configuration.

use crate::reexport;
use std::hash::{Hash, Hasher};
use wasmtime::{Config, Engine, OptLevel};

/// Makes the engine. Every option that is not wasmtime's default is named here with its reason.
pub(crate) fn engine(canonical_nans: bool) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    // Calls are synchronous; the machinery for concurrent guests would triple their cost.
    config.concurrency_support(false);
    // The deterministic budget of a call.
    config.consume_fuel(true);
    // The wall-clock backstop.
    config.epoch_interruption(true);
    // The bits of a NaN would otherwise depend on the machine, and replay must be bit-exact.
    config.cranelift_nan_canonicalization(canonical_nans);
    // Its results may differ between machines by design.
    config.wasm_relaxed_simd(false);
    // Nothing a plugin needs; smaller surface.
    config.wasm_memory64(false);
    config.cranelift_opt_level(OptLevel::Speed);
    // Memory reservation, guards, signal traps and copy-on-write stay at their defaults: shrinking
    // them costs 10 to 60 percent of a call.
    Engine::new(&config)
}

/// A digest of everything compiled code depends on besides the component: target, CPU features,
/// options, versions.
pub(crate) fn fingerprint(engine: &Engine) -> [u8; 32] {
    let mut hasher = Digest(blake3::Hasher::new());
    hasher.write(reexport::VERSION);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    *hasher.0.finalize().as_bytes()
}

/// Collects what `Hash` feeds into a digest that is stable between processes.
struct Digest(blake3::Hasher);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.finalize();
        let [a, b, c, d, e, f, g, h, ..] = *digest.as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_stable_and_tells_configurations_apart() {
        let of = |canonical_nans| fingerprint(&engine(canonical_nans).unwrap());
        assert_eq!(of(true), of(true));
        assert_ne!(of(true), of(false));
    }
}
