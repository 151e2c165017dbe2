//! How a host begins where its journal ends.

use super::{JournalConfig, StartError};
use crate::feed::{FeedConfig, Prepared};
use crate::history::History;
use crate::projection::Shared;
use crate::recovery::{
    KeptPlugins, Known, Recovered, end_probations, end_shadows, give_up_swaps, missing, recover,
};
use crate::strategy::Strategies;
use crate::trader::Trader;
use crate::trader::snapshots::Snapshots;
use crate::venue_models::StagedModels;
use engine::{Command, Definition, Journal, StrategyState};
use journal::crash;
use journal::{Cut, Folder, Progress, SegmentWriter};
use model::{Duration, Price, StrategyId};
use registry::Refusal;
use std::sync::Arc;

/// A journal's folder that this host alone may write from here on, if it writes any.
pub(super) struct Begun(Option<(Folder, JournalConfig, Option<Cut>)>);

/// What came back.
pub(super) struct Past {
    known: Known,
    recovered: Option<Recovered>,
    progress: Option<Arc<Progress>>,
}

impl Begun {
    /// Takes the folder's lock and mends its end; the journal is for the engine.
    pub(super) fn open(config: Option<&JournalConfig>) -> Result<(Self, Journal), StartError> {
        let Some(config) = config else {
            return Ok((Self(None), Journal::default()));
        };
        let folder = Folder::lock(&config.folder, &config.run)?;
        let cut = folder.repair()?;
        if let Some(cut) = &cut {
            let (segment, offset, bytes) = (cut.segment.display(), cut.offset, cut.bytes);
            tracing::warn!(%segment, offset, bytes, "the journal's end was not whole and is cut off");
        }
        Ok((
            Self(Some((folder, config.clone(), cut))),
            Journal::repeating(),
        ))
    }

    /// The run that began the journal, which names it; this one, where there was none.
    pub(super) fn name(&self) -> Result<Option<String>, StartError> {
        let Some((folder, config, _)) = &self.0 else {
            return Ok(None);
        };
        let began = journal::run_of(folder.path())?;
        Ok(Some(began.unwrap_or_else(|| config.run.clone())))
    }

    /// Steps what the folder holds again; from then on the engine appends to it.
    pub(super) fn recover(
        self,
        trader: &mut Trader,
        mut plugins: KeptPlugins,
        history: &History,
        shared: &Shared,
    ) -> Result<Past, StartError> {
        let mut past = Past {
            known: Known::default(),
            recovered: None,
            progress: None,
        };
        let Some((folder, config, cut)) = self.0 else {
            return Ok(past);
        };
        let came_back = recover(&folder, trader, &mut plugins, history, shared)?;
        let (repeated, snapshot) = (came_back.repeated, came_back.snapshot);
        crash::reach(crash::RECOVERED)?;
        if repeated.last > 0 {
            past.recovered = Some(Recovered {
                inputs: repeated.last,
                snapshot,
                records: repeated.records,
                sealed: repeated.sealed,
                cut,
                took: came_back.took,
                going: trader.going(),
            });
        }
        let options = config.options;
        let writer = SegmentWriter::new(folder, options, repeated.last, repeated.hash)?;
        past.progress = Some(writer.progress());
        past.known = came_back.known;
        if let Some(every) = config.snapshot_inputs {
            let snapshots = Snapshots::new(config.folder, every.get(), repeated.last);
            trader.keep_snapshots(snapshots);
        }
        trader.go_on(Box::new(writer));
        Ok(past)
    }
}

impl Past {
    /// The feed of a market that was there before: a simulated one goes on from its last prices, and
    /// what it would make up of the past is not needed.
    pub(super) fn goes_on(&self, feed: FeedConfig, trader: &mut Trader) -> FeedConfig {
        let (FeedConfig::Simulated(mut simulated), true) = (feed.clone(), self.recovered.is_some())
        else {
            return feed;
        };
        simulated.warm_up = Duration::ZERO;
        for model in &mut simulated.instruments {
            let state = trader.engine().market().get(model.id);
            let quote = state.and_then(|state| state.quote);
            if let Some(quote) = quote {
                let sum = i128::from(quote.bid.raw()) + i128::from(quote.ask.raw());
                model.price = i64::try_from(sum / 2).map_or(model.price, Price::from_raw);
            }
        }
        FeedConfig::Simulated(simulated)
    }

    /// Defines what of a configuration is new, venues with the models that were made for them.
    pub(super) fn define(
        &self,
        wanted: Vec<Definition>,
        models: StagedModels,
        trader: &mut Trader,
        feed: &Prepared,
    ) -> Result<(), StartError> {
        let new = missing(&trader.memory().definitions, wanted).map_err(StartError::Definition)?;
        let is_new = |name: &String| {
            let mut new = new.iter();
            new.any(|one| matches!(one, Definition::Venue(config) if config.name == *name))
        };
        // Those of venues that came back were made when these were stepped again.
        for (venue, model) in models.into_iter().filter(|(venue, _)| is_new(venue)) {
            trader
                .stage_model(&venue, model)
                .map_err(StartError::Definition)?;
        }
        let defined = trader.define(new, feed.begins_at());
        defined.map_err(StartError::Definition)
    }

    /// Gives strategies their plugins back, and gives up what cannot be finished.
    pub(super) fn hand_over(
        self,
        trader: &mut Trader,
        strategies: &Strategies,
    ) -> (Option<Recovered>, Option<Arc<Progress>>) {
        give_up_swaps(trader, &self.known);
        end_shadows(trader);
        let is_short = |recovered: &Recovered| recovered.snapshot.is_some();
        let is_short = self.recovered.as_ref().is_some_and(is_short);
        if is_short {
            end_probations(trader);
        }
        let names: Vec<_> = trader
            .engine()
            .strategies()
            .map(|(id, config)| (id, config.name.clone()))
            .collect();
        for (id, name) in names {
            if let Some(loaded) = trader.versions().running(id) {
                match strategies.may_run(&loaded) {
                    Ok(()) if is_short => strategies.renew(&name, id, &loaded, trader),
                    Ok(()) => {}
                    Err(refusal) => hold(trader, (id, &name), &refusal),
                }
                let before = trader.versions().before(id);
                let refused = before.and_then(|before| strategies.may_run(&before).err());
                if let Some(refusal) = refused {
                    let_go(trader, (id, &name), &refusal);
                }
                let saved = trader.memory().saved.get(&id).cloned();
                strategies.restore(name, id, loaded, saved);
            }
        }
        // Whoever asks first sees what came of it.
        trader.let_out();
        (self.recovered, self.progress)
    }
}

/// Lets a version before go that may run no more. Where it traded, its instruments are the other one's,
/// and somebody is to look before those are traded.
fn let_go(trader: &mut Trader, (id, name): (StrategyId, &str), refusal: &Refusal) {
    let (strategy, reason) = (id, format!("the version before may run no more: {refusal}"));
    if trader.engine().canary(id).is_none() {
        return trader.command(Command::EndProbation { strategy, reason });
    }
    hold(trader, (id, name), refusal);
    trader.command(Command::CanaryPromote {
        strategy,
        probation: None,
        reason,
    });
}

/// Pauses a strategy that ran and whose plugin may not any more.
fn hold(trader: &mut Trader, (id, name): (StrategyId, &str), refusal: &Refusal) {
    if trader.engine().strategy_state(id) == Some(StrategyState::Running) {
        tracing::warn!(%name, %refusal, "a strategy that ran is paused");
        trader.command(Command::Pause(id));
    }
}
