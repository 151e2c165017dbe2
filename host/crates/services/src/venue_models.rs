//! Models of simulated venues that are plugins: made before the definitions of their venues, which name
//! them, and made again from kept bytes when a journal is stepped again.

use crate::admission::Admission;
use crate::handle::{PluginSource, Terms};
use crate::plugin::{MadeModel, ModelRequest, PluginHost};
use engine::{Definition, Latency, Slippage, VenueConfig};
use model::{Fees, Instrument, ModelKind, ModelSpec, PluginHash, VenueId, VenueModel};
use registry::{Beside, Role};
use std::collections::BTreeMap;

/// A model that a configuration names.
#[derive(Debug, Clone)]
pub struct NamedModel {
    /// The venue whose it is.
    pub venue: String,
    /// The port that it serves.
    pub kind: ModelKind,
    /// Its plugin.
    pub plugin: PluginSource,
    /// Parameters as given.
    pub parameters: BTreeMap<String, String>,
}

/// Models with their venues' names, to be staged before these are defined.
pub type StagedModels = Vec<(String, VenueModel)>;

impl NamedModel {
    /// What the plugin is asked.
    pub fn request(&self) -> ModelRequest {
        ModelRequest {
            venue: self.venue.clone(),
            kind: self.kind,
            parameters: self.parameters.clone(),
        }
    }
}

/// Makes models from files, keeps these, and has the definitions of the venues name the models.
///
/// # Errors
/// Which model of which venue, and why it cannot be used.
pub(crate) fn make(
    admission: &Admission,
    definitions: &mut [Definition],
    models: Vec<NamedModel>,
) -> Result<StagedModels, String> {
    let mut staged = StagedModels::new();
    for named in models {
        let (venue, kind, request) = (named.venue.clone(), named.kind, named.request());
        let place = || format!("venue {venue}: {} model", kind.name());
        let bytes = admission.take(named.plugin, &Terms::configured(), Beside::default());
        let bytes = bytes.map_err(|error| format!("{}: {error}", place()))?;
        let made = admission.plugins.venue_model(&bytes, request);
        let made = made.map_err(|refusal| format!("{}: {refusal}", place()))?;
        let noted = admission.note_use(made.plugin, Role::VenueModel, &venue);
        noted.map_err(|error| format!("{}: {error}", place()))?;
        let model = name(definitions, &venue, made);
        staged.push((
            venue.clone(),
            model.map_err(|reason| format!("{}: {reason}", place()))?,
        ));
    }
    Ok(staged)
}

/// Has the definition of a venue name a model, which is to be staged.
///
/// # Errors
/// No such venue, or what the model takes the place of is set as well.
pub fn name(
    definitions: &mut [Definition],
    venue: &str,
    made: MadeModel,
) -> Result<VenueModel, String> {
    let kind = made.model.kind();
    let of_venue = |definition: &Definition| match definition {
        Definition::Venue(config) => Some(config.name == venue),
        _ => None,
    };
    let mut venues = definitions.iter().filter_map(of_venue);
    let place = venues.position(|is_it| is_it);
    let id = place.and_then(|place| u32::try_from(place).ok());
    let id = id.map(VenueId::new).ok_or("there is no such venue")?;
    if kind == ModelKind::Fee {
        free_of_fees(definitions, id)?;
    }
    let config = definitions
        .iter_mut()
        .find_map(|definition| match definition {
            Definition::Venue(config) if config.name == venue => Some(config),
            _ => None,
        });
    let config = config.ok_or("there is no such venue")?;
    let slot = match kind {
        ModelKind::Fill => {
            free_of_chances(config)?;
            &mut config.models.fill
        }
        ModelKind::Fee => &mut config.models.fee,
        ModelKind::Latency => {
            free_of_latencies(config)?;
            &mut config.models.latency
        }
    };
    *slot = Some(ModelSpec {
        name: made.plugin.to_string(),
        parameters: made.parameters,
    });
    Ok(made.model)
}

fn free_of_chances(config: &VenueConfig) -> Result<(), String> {
    let free = config.slippage == Slippage::None && config.chances.is_none();
    let words = "it takes the place of slippage and chances of fills; leave them out";
    free.then_some(()).ok_or_else(|| words.to_owned())
}

fn free_of_latencies(config: &VenueConfig) -> Result<(), String> {
    let none = Latency {
        seed: config.latency.seed,
        ..Latency::default()
    };
    let words = "it takes the place of latencies, jitter and distributions; leave them out";
    (config.latency == none)
        .then_some(())
        .ok_or_else(|| words.to_owned())
}

fn free_of_fees(definitions: &[Definition], venue: VenueId) -> Result<(), String> {
    let instruments = definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Instrument(instrument) => Some(instrument),
            _ => None,
        });
    let instruments: Vec<&Instrument> = instruments.collect();
    let has_tiers = |place: usize| {
        definitions.iter().any(
            |definition| matches!(definition, Definition::FeeTiers(id, _) if id.index() == place),
        )
    };
    for (place, instrument) in instruments.into_iter().enumerate() {
        let has_fees = instrument.fees != Fees::default() || has_tiers(place);
        if instrument.venue == venue && has_fees {
            let symbol = &instrument.symbol;
            return Err(format!(
                "it takes the place of the fees and tiers of instrument {symbol}; leave them out"
            ));
        }
    }
    Ok(())
}

/// Makes a model again that a journal names, from the bytes that `find` gives for its hash.
///
/// # Errors
/// Why there is no such model.
pub fn make_again(
    host: &dyn PluginHost,
    find: impl FnOnce(PluginHash) -> Result<Vec<u8>, String>,
    (venue, kind): (&str, ModelKind),
    spec: &ModelSpec,
) -> Result<VenueModel, String> {
    let hash = PluginHash::parse(&spec.name);
    let hash = hash.ok_or_else(|| format!("`{}` is no hash of a plugin", spec.name))?;
    let bytes = find(hash)?;
    let request = ModelRequest {
        venue: venue.to_owned(),
        kind,
        parameters: spec.parameters.iter().cloned().collect(),
    };
    let made = host.venue_model(&bytes, request);
    made.map(|made| made.model)
        .map_err(|refusal| format!("plugin {hash}: {refusal}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Duration, FillAnswer, FillModel, FillQuery};

    struct All;

    impl FillModel for All {
        fn fill(&mut self, query: &FillQuery) -> Result<FillAnswer, model::Fault> {
            Ok(FillAnswer {
                quantity: query.offered,
                price: query.price,
            })
        }
    }

    fn made() -> MadeModel {
        MadeModel {
            plugin: PluginHash::new([7; 32]),
            model: VenueModel::Fill(Box::new(All)),
            parameters: Vec::new(),
        }
    }

    #[test]
    fn a_venue_names_its_model_and_not_what_that_replaces_too() {
        let venue = |change: &dyn Fn(&mut VenueConfig)| {
            let mut config = VenueConfig {
                name: "SIM".to_owned(),
                ..VenueConfig::default()
            };
            change(&mut config);
            [Definition::Venue(config)]
        };
        let mut plain = venue(&|_| {});
        assert_eq!(
            name(&mut plain, "SIM", made()).unwrap().kind(),
            ModelKind::Fill
        );
        let Definition::Venue(config) = &plain[0] else {
            panic!("no venue")
        };
        let named = config.models.fill.as_ref().unwrap();
        assert_eq!(PluginHash::parse(&named.name), Some(made().plugin));
        let mut slips = venue(&|venue| venue.slippage = Slippage::Ticks(1));
        let refused = |definitions: &mut [Definition], venue: &str| {
            name(definitions, venue, made()).err().unwrap()
        };
        assert!(refused(&mut slips, "SIM").contains("takes the place of slippage"));
        assert!(refused(&mut plain, "XETR").contains("no such venue"));
        // A latency is no matter of fills.
        let mut slow = venue(&|venue| venue.latency.insert = Duration::from_millis(1));
        assert!(name(&mut slow, "SIM", made()).is_ok());
    }
}
