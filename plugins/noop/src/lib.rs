//! Listens to every quote and does nothing. What it costs is what being called costs.

use argonaut_sdk::{Config, Context, Description, Strategy};

/// Does nothing.
#[derive(Debug)]
pub struct Noop;

impl Strategy for Noop {
    fn describe() -> Description {
        let documentation = "Listens to every quote and does nothing.";
        Description::new("noop", env!("CARGO_PKG_VERSION"), documentation).with_instrument()
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        context.subscribe_quotes(config.instrument()?.id);
        Ok(Self)
    }
}

argonaut_sdk::export!(Noop);
