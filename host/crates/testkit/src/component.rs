//! Makes a component of a core module in text form, for a world of `wit/v1`, of its own, or of the contract as it was.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{PackageId, Resolve};

/// The files of a contract: names and texts.
pub type Contract = [(&'static str, &'static str)];

/// `wit/v1`.
pub const WIT: [(&str, &str); 12] = [
    ("types.wit", include_str!("../../../../wit/v1/types.wit")),
    ("host.wit", include_str!("../../../../wit/v1/host.wit")),
    (
        "strategy.wit",
        include_str!("../../../../wit/v1/strategy.wit"),
    ),
    ("book.wit", include_str!("../../../../wit/v1/book.wit")),
    (
        "lifecycle.wit",
        include_str!("../../../../wit/v1/lifecycle.wit"),
    ),
    ("signal.wit", include_str!("../../../../wit/v1/signal.wit")),
    (
        "options.wit",
        include_str!("../../../../wit/v1/options.wit"),
    ),
    (
        "execution-algorithm.wit",
        include_str!("../../../../wit/v1/execution-algorithm.wit"),
    ),
    (
        "pre-trade-rule.wit",
        include_str!("../../../../wit/v1/pre-trade-rule.wit"),
    ),
    (
        "venue-model.wit",
        include_str!("../../../../wit/v1/venue-model.wit"),
    ),
    ("factor.wit", include_str!("../../../../wit/v1/factor.wit")),
    (
        "indicator.wit",
        include_str!("../../../../wit/v1/indicator.wit"),
    ),
];

/// Why a component could not be made. Only a mistake in a test's own text leads here.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a component: {0}")]
pub struct ComponentError(String);

/// A world to componentise for: `wit/v1` plus one package of the test's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct World<'a> {
    /// Packages besides `argonaut:plugin`, as WIT text, each able to use those before it.
    pub packages: &'a [&'a str],
    /// The world's name in the last package.
    pub name: &'a str,
}

/// The real thing.
pub const STRATEGY: World<'static> = World {
    packages: &[],
    name: "strategy",
};

/// A strategy that can be told of order books.
pub const STRATEGY_WITH_BOOKS: World<'static> = World {
    packages: &["package test:books;
        world with-books {
            include argonaut:plugin/strategy@1.0.0;
            export argonaut:plugin/on-book@1.0.0;
        }"],
    name: "with-books",
};

/// A strategy that hears of cash flows, life events and signals.
pub const STRATEGY_WITH_LIFE: World<'static> = World {
    packages: &["package test:life;
        world with-life {
            include argonaut:plugin/strategy@1.0.0;
            export argonaut:plugin/on-cash-flow@1.0.0;
            export argonaut:plugin/on-lifecycle@1.0.0;
            export argonaut:plugin/on-signal@1.0.0;
        }"],
    name: "with-life",
};

/// Another real thing.
pub const ALGORITHM: World<'static> = World {
    packages: &[],
    name: "execution-algorithm",
};

/// And another.
pub const RULE: World<'static> = World {
    packages: &[],
    name: "pre-trade-rule",
};

/// And another.
pub const MODEL: World<'static> = World {
    packages: &[],
    name: "venue-model",
};

/// And another.
pub const FACTOR: World<'static> = World {
    packages: &[],
    name: "factor",
};

/// The last.
pub const INDICATOR: World<'static> = World {
    packages: &[],
    name: "indicator",
};

/// Componentises a core module given as text.
///
/// # Errors
/// When the text, the WIT or their fit is wrong.
pub fn componentise(core: &str, world: World<'_>) -> Result<Vec<u8>, ComponentError> {
    componentise_against(&WIT, core, world)
}

/// The same against another contract than `wit/v1`.
///
/// # Errors
/// When the text, the WIT or their fit is wrong.
pub fn componentise_against(
    contract: &Contract,
    core: &str,
    world: World<'_>,
) -> Result<Vec<u8>, ComponentError> {
    let mut module = core_module(core)?;
    let (resolve, package) = resolve(contract, world.packages)?;
    let id = resolve
        .select_world(&[package], Some(world.name))
        .map_err(wrong)?;
    embed_component_metadata(&mut module, &resolve, id, StringEncoding::UTF8).map_err(wrong)?;
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).map_err(wrong)?.validate(true);
    encoder.encode().map_err(wrong)
}

/// A core module in binary form.
///
/// # Errors
/// When the text is wrong.
pub fn core_module(core: &str) -> Result<Vec<u8>, ComponentError> {
    wat::parse_str(core).map_err(|error| ComponentError(error.to_string()))
}

/// A contract, and packages besides, each able to use those before it; the last package's number.
pub(crate) fn resolve(
    contract: &Contract,
    packages: &[&str],
) -> Result<(Resolve, PackageId), ComponentError> {
    let mut resolve = Resolve::default();
    let mut sources = wit_parser::SourceMap::default();
    for (path, text) in contract {
        sources.push(path.as_ref(), *text);
    }
    let group = sources
        .parse()
        .map_err(|error| ComponentError(format!("{error:?}")))?;
    let mut package = resolve.push_group(group).map_err(wrong)?;
    for text in packages {
        package = resolve.push_str("extra.wit", text).map_err(wrong)?;
    }
    Ok((resolve, package))
}

fn wrong(error: impl std::fmt::Debug) -> ComponentError {
    ComponentError(format!("{error:?}"))
}
