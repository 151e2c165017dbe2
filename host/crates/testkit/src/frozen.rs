//! Plugins and the contract as they were once, in folders that never change below `frozen`: what ran then must run
//! for ever. Of today's `wit/v1` and today's plugins this knows nothing.

use crate::component::{
    ALGORITHM, ComponentError, Contract, FACTOR, INDICATOR, MODEL, RULE, STRATEGY, World,
    componentise_against,
};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A file of a frozen folder: its name there, what it had when it was frozen, and the BLAKE3 hash of that.
pub type Kept = (&'static str, &'static [u8], &'static str);

macro_rules! kept {
    ($($name:literal $hash:literal)*) => {
        &[$(($name, include_bytes!(concat!("../frozen/2026-11/", $name)), $hash)),*]
    };
}

/// Every file of the folder that tests rest on.
pub const FILES: &[Kept] = kept! {
    "wit/book.wit" "bf3783f6c1883cc4ea5e5b3117b6b545e8b700fc075f715c135d6c67d6b48019"
    "wit/execution-algorithm.wit" "55435f95a4272f06053bcd7f2caaaf208e709c21b370e22c057e077de7141035"
    "wit/factor.wit" "1a1ddf81eff27f6258b410da284b4ed9f1b2d843f14946952c66c2cf04056091"
    "wit/host.wit" "8b75e13146e38526e5b53ff0c8414c3a9bb9bce2aaf81eeaf28ad7a3b8805e6a"
    "wit/indicator.wit" "f179633da26bcc9ca502dedb68b3bfe0c682ecd3ebe78d1fba3c4cd0a52d2828"
    "wit/lifecycle.wit" "3fe1504a8d97d7d556dd21d9405b49279ddce61625a0faeb78d346882d1c5439"
    "wit/options.wit" "8f0bfcb5c3a54704f0f29a0a85b0ae947c681938e56ea88441cb6e4149e84fe9"
    "wit/pre-trade-rule.wit" "5dfb6a5817e4d5357bc3f6b0dc6b5147e40152a1f2cf67b530711455588ddffb"
    "wit/signal.wit" "2e6c356b10ef3dc6dac760d710ba8daac4c0868818387bebd7dc2572513ecd20"
    "wit/strategy.wit" "81850f680ad87dee1b75353547868cfb642bec044e914eb2be7bd5f8c2fd6194"
    "wit/types.wit" "d31c34c03a291dbe93a212c784704aed0e8f5943516f56286986c2ee4b8899a3"
    "wit/venue-model.wit" "916fcd28a4970e4c0eb8b00c5e1f9571500ad3212f1e525a8203d51d2507d5e8"
    "execution-algorithm.wat" "1ad071ba72ceb90b3635df1359662c7d571f092c372390153caba3e39682432a"
    "factor.wat" "16248f4b668b77537525b05fbc7257839bffab1b4a2c25b4ade2a030171c8704"
    "indicator.wat" "6863f8e8fc0f65a432df45b49f5ec7a7c0684fa23b7a3c6791ea27689d04b4d8"
    "pre-trade-rule.wat" "5a5c1ac6c9858d76fba8d03c712c3b5eb442e8100104e0bb89e0a41cde434b01"
    "strategy-options.wat" "ddc68860fdf947a3ddfff59ce6266f86aa0d9ee1c683539b170fe05f2c76ddf0"
    "strategy-with-books.wasm" "d90a832817f6cd38e327c2027b4fd0f26918b2035de1d2194b7076d82769115c"
    "strategy.wat" "d209bc040e410ac92b4c3685f28866b84cab1941920096ad007f85b87940aa4a"
    "venue-model.wat" "00028899e7d156b1beb558c3fdf535fed408b35e5828c5ba783e2a3a33d11bd6"
};

/// The contract of November 2026, the first that plugins out there may rely on.
pub const CONTRACT: &Contract = &[
    ("book.wit", include_str!("../frozen/2026-11/wit/book.wit")),
    (
        "execution-algorithm.wit",
        include_str!("../frozen/2026-11/wit/execution-algorithm.wit"),
    ),
    (
        "factor.wit",
        include_str!("../frozen/2026-11/wit/factor.wit"),
    ),
    ("host.wit", include_str!("../frozen/2026-11/wit/host.wit")),
    (
        "indicator.wit",
        include_str!("../frozen/2026-11/wit/indicator.wit"),
    ),
    (
        "lifecycle.wit",
        include_str!("../frozen/2026-11/wit/lifecycle.wit"),
    ),
    (
        "options.wit",
        include_str!("../frozen/2026-11/wit/options.wit"),
    ),
    (
        "pre-trade-rule.wit",
        include_str!("../frozen/2026-11/wit/pre-trade-rule.wit"),
    ),
    (
        "signal.wit",
        include_str!("../frozen/2026-11/wit/signal.wit"),
    ),
    (
        "strategy.wit",
        include_str!("../frozen/2026-11/wit/strategy.wit"),
    ),
    ("types.wit", include_str!("../frozen/2026-11/wit/types.wit")),
    (
        "venue-model.wit",
        include_str!("../frozen/2026-11/wit/venue-model.wit"),
    ),
];

/// Strategies that export all they may.
const ALL_OPTIONS: World<'static> = World {
    packages: &["package test:options;
        world with-all {
            include argonaut:plugin/strategy@1.0.0;
            include argonaut:plugin/strategy-options@1.0.0;
        }"],
    name: "with-all",
};

/// A plugin as it was once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixture {
    /// Of the file, without its ending.
    pub name: &'static str,
    /// The core module as text.
    pub text: &'static str,
    world: World<'static>,
}

/// One for each world, and a strategy with all that is optional.
pub const FIXTURES: [Fixture; 7] = [
    Fixture {
        name: "strategy",
        text: include_str!("../frozen/2026-11/strategy.wat"),
        world: STRATEGY,
    },
    Fixture {
        name: "strategy-options",
        text: include_str!("../frozen/2026-11/strategy-options.wat"),
        world: ALL_OPTIONS,
    },
    Fixture {
        name: "execution-algorithm",
        text: include_str!("../frozen/2026-11/execution-algorithm.wat"),
        world: ALGORITHM,
    },
    Fixture {
        name: "pre-trade-rule",
        text: include_str!("../frozen/2026-11/pre-trade-rule.wat"),
        world: RULE,
    },
    Fixture {
        name: "venue-model",
        text: include_str!("../frozen/2026-11/venue-model.wat"),
        world: MODEL,
    },
    Fixture {
        name: "factor",
        text: include_str!("../frozen/2026-11/factor.wat"),
        world: FACTOR,
    },
    Fixture {
        name: "indicator",
        text: include_str!("../frozen/2026-11/indicator.wat"),
        world: INDICATOR,
    },
];

/// A component of the world `strategy` with `on-book`, compiled in November 2026 and never again.
pub const COMPILED: &[u8] = include_bytes!("../frozen/2026-11/strategy-with-books.wasm");

impl Fixture {
    /// The one of this name.
    ///
    /// # Panics
    /// When there is none, a mistake of the test.
    #[must_use]
    #[allow(clippy::panic, reason = "a test names what does not exist")]
    pub fn named(name: &str) -> Self {
        let mut all = FIXTURES.into_iter();
        all.find(|fixture| fixture.name == name)
            .unwrap_or_else(|| panic!("no frozen plugin is called {name}"))
    }

    /// The component, made against the frozen contract.
    ///
    /// # Errors
    /// When the toolchain of tests does not take the frozen text any more.
    pub fn build(self) -> Result<Vec<u8>, ComponentError> {
        componentise_against(CONTRACT, self.text, self.world)
    }

    /// The component as it was compiled once, if that was kept.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn compiled(self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            bytes => bytes.map(Some),
        }
    }

    /// Keeps the component for ever, unless one is kept already.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(self, component: &[u8]) -> io::Result<()> {
        if self.file().exists() {
            return Ok(());
        }
        fs::write(self.file(), component)
    }

    fn file(self) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen/2026-11");
        folder.join(self.name).with_extension("wasm")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::WIT;
    use crate::growth::breaks;

    #[test]
    fn frozen_files_are_as_they_were() {
        for (name, bytes, hash) in FILES {
            let now = blake3::hash(bytes).to_hex();
            assert!(
                now.as_str() == *hash,
                "frozen/2026-11/{name} changed ({now}): put it back as it was; another state of the contract is \
                 another folder"
            );
        }
    }

    #[test]
    fn the_contract_of_today_has_only_grown() {
        let found = breaks(CONTRACT, &WIT).unwrap();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert!(
            found.is_empty(),
            "wit/v1 breaks plugins of November 2026:\n{}",
            found.join("\n")
        );
    }
}
