//! Venues outside, by their gateways.

use crate::config::Config;
use crate::universe::Universe;
use anyhow::{Context, Result};
use connectors::gateway::{Codec, Gateway, Gone, Names, Said, Settings};
use model::Outbound;
use services::host::HostHandle;
use services::venue::{Venue, VenueLink};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Attaches every venue that a configuration puts behind a gateway.
///
/// # Errors
/// A venue is not known to the host, or there is no thread for it.
pub fn attach(
    config: &Config,
    universe: &Universe,
    journal: &Path,
    host: &HostHandle,
) -> Result<()> {
    for section in &config.venues {
        let Some(address) = &section.gateway else {
            continue;
        };
        let place = || format!("venue `{}`", section.name);
        let venue = universe.find_venue(&section.name).with_context(place)?;
        let run = journal::run_of(journal)?;
        let run = run.context("the host keeps no journal, whose name client ids begin with")?;
        // The gateway needs the link, which comes of attaching what sends by it.
        let sender = Arc::new(OnceLock::new());
        let link = host.attach_venue(&section.name, Sender(Arc::clone(&sender)));
        let link = link.with_context(place)?;
        let settings = Settings {
            address: address.clone(),
            venue: section.name.clone(),
            codec: Codec::new(venue, &run, names(universe)),
        };
        let gateway = Gateway::begin(settings, move |said| hand_on(&link, said));
        let _first = sender.set(gateway.with_context(place)?);
    }
    Ok(())
}

/// The way out. What is sent while there is no connection is lost; the engine asks later.
struct Sender(Arc<OnceLock<Gateway>>);

impl Venue for Sender {
    fn send(&mut self, message: Outbound) {
        let sent = self.0.get().is_some_and(|gateway| gateway.send(&message));
        if !sent {
            tracing::debug!(number = message.number, "a message did not go out");
        }
    }
}

/// The way in.
fn hand_on(link: &VenueLink, said: Said) -> Result<(), Gone> {
    let told = match said {
        Said::Connected(connected) => link.set_connected(connected),
        Said::Report(report) => link.report(report),
        Said::Snapshot(snapshot) => link.snapshot(*snapshot),
    };
    told.map_err(|_| Gone)
}

fn names(universe: &Universe) -> Names {
    let mut names = Names::default();
    for (id, instrument) in universe.instruments() {
        names.add_instrument(id, &instrument.symbol);
    }
    for (number, name) in (0_u32..).zip(universe.account_names()) {
        names.add_account(number.into(), name);
    }
    for (number, name) in (0_u32..).zip(universe.currency_names()) {
        names.add_currency(number.into(), name);
    }
    names
}
