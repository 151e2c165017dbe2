//! `argonaut replay --event`: the input over which a strategy broke, once more. The journal is stepped up to
//! the input before, so that the strategy is as it was; then it gets that one input, or another component
//! that took its place does. Without the journal a dead letter alone will do, as far as what the strategy
//! had saved and that input decide.

use super::{FromFolders, ReplayArguments, Report, open, remains};
use anyhow::{Context, Result, anyhow, bail};
use engine::journal::reader::{Reader, Record};
use engine::replay::{Instances, Replay, stage};
use engine::{
    Command, Effect, Engine, HandOver, Ignored, Input, Journal, Outcome, Sequenced, SwapStage,
    SwapTerms,
};
use journal::Blocks;
use model::{Fault, FaultKind, PluginHash, StrategyId, Timestamp};
use services::faults::{DeadLetter, place_in};
use std::path::Path;

/// Longest description of an input, in characters.
const LONGEST_INPUT: usize = 2_000;

/// What is wanted.
enum Wanted {
    /// This input of the journal.
    Sequence(u64),
    /// What a dead letter holds.
    Letter(Box<DeadLetter>),
}

impl Wanted {
    fn parse(text: &str) -> Result<Self> {
        if let Ok(sequence) = text.parse() {
            return Ok(Self::Sequence(sequence));
        }
        let bytes = std::fs::read(text).with_context(|| {
            format!("--event {text}: it is no sequence, and no file that can be read")
        })?;
        let letter = DeadLetter::from_bytes(&bytes);
        let letter = letter.with_context(|| format!("--event {text}"))?;
        Ok(Self::Letter(Box::new(letter)))
    }
}

/// An input, with the strategies that broke over it then.
struct Found {
    input: Sequenced<Input>,
    broke: Vec<(StrategyId, Fault)>,
}

/// A component that is tried in the place of the one that ran.
struct Tried {
    hash: PluginHash,
    fresh: bool,
}

/// What came of the input.
struct Shown {
    effects: Vec<Effect>,
    strategy: StrategyId,
}

pub(super) fn show(arguments: &ReplayArguments, event: &str) -> Result<Report> {
    let wanted = Wanted::parse(event)?;
    let mut instances = FromFolders::new(arguments)?;
    let tried = match &arguments.plugin {
        Some(file) => Some(Tried {
            hash: instances.add(read(file)?),
            fresh: arguments.fresh,
        }),
        None => None,
    };
    match (&arguments.journal, wanted) {
        (Some(path), Wanted::Sequence(sequence)) => {
            let asked = (sequence, arguments.strategy.as_deref());
            from_journal(path, asked, tried.as_ref(), &mut instances)
        }
        (Some(path), Wanted::Letter(letter)) => {
            must_be_of(path, &letter)?;
            let asked = (letter.sequence, Some(letter.strategy.as_str()));
            from_journal(path, asked, tried.as_ref(), &mut instances)
        }
        (None, Wanted::Letter(letter)) => from_letter(&letter, tried.as_ref(), &mut instances),
        (None, Wanted::Sequence(_)) => bail!("name the journal whose input is wanted"),
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))
}

fn must_be_of(path: &Path, letter: &DeadLetter) -> Result<()> {
    if !path.is_dir() || letter.journal.is_empty() {
        return Ok(());
    }
    match journal::run_of(path)? {
        Some(run) if run != letter.journal => bail!(
            "{}: it is the journal of run {run}, and the dead letter is of {}; journals that `run --fresh` \
             put away are in `journals` of the data folder",
            path.display(),
            letter.journal
        ),
        _ => Ok(()),
    }
}

fn from_journal(
    path: &Path,
    (sequence, name): (u64, Option<&str>),
    tried: Option<&Tried>,
    instances: &mut FromFolders,
) -> Result<Report> {
    let mut engine = begun(path, sequence, instances)?;
    let found = step_before(path, sequence, &mut engine, instances)?;
    let strategy = whose(&engine, &found, name)?;
    let then = found.broke.iter().find(|(id, _)| *id == strategy);
    let then = then.map(|(_, fault)| fault.clone());
    let described = describe(&found.input.input);
    let begins = found.input.time;
    let input = match tried {
        None => found.input,
        Some(tried) => put_in_place(&mut engine, strategy, tried, found.input, instances)?,
    };
    let effects = step(&mut engine, input, instances)?;
    let shown = Shown { effects, strategy };
    let mut report = head((sequence, begins), &described, then.as_ref());
    report.insert("strategy".to_owned(), named(&engine, strategy).into());
    report.insert("state".to_owned(), "as the journal leads to".into());
    report.extend(shown.report(tried));
    if then.is_some_and(|fault| fault.kind == FaultKind::Deadline) {
        let note = "the wall clock ended it then; how long it takes here is up to this machine";
        report.insert("note".to_owned(), note.into());
    }
    Ok(report)
}

/// An engine at the beginning of a journal, or at its oldest snapshot where the beginning was dropped.
fn begun(path: &Path, sequence: u64, instances: &mut FromFolders) -> Result<Engine> {
    let remains = match path.is_dir() {
        true => remains::of(path)?,
        false => None,
    };
    let Some(remains) = remains else {
        return Ok(Engine::new(Journal::repeating()));
    };
    let (engine, _) = remains::begin(path, &remains, instances)?;
    if engine.sequence() >= sequence {
        let last = engine.sequence();
        bail!(
            "{}: what is left of it can be stepped from input {last} on; put the archived segments back, or \
             give a dead letter without the journal",
            path.display()
        );
    }
    Ok(engine)
}

/// Steps an engine up to an input, which it does not get.
fn step_before(
    path: &Path,
    sequence: u64,
    engine: &mut Engine,
    instances: &mut dyn Instances,
) -> Result<Found> {
    let mut search = Search {
        sequence,
        replay: Replay::default(),
        found: None,
    };
    if engine.sequence() == 0 {
        let mut reader = Reader::new(open(path)?).with_context(|| path.display().to_string())?;
        search.read(&mut reader, engine, instances)?;
    } else {
        let mut blocks = Blocks::after(path, engine.sequence(), None);
        while let Some(block) = blocks.next_block()? {
            let mut reader = Reader::of_records(block.bytes.as_slice());
            if search.read(&mut reader, engine, instances)? {
                break;
            }
        }
    }
    search.found.with_context(|| {
        let path = path.display();
        format!(
            "{path}: there is no input {sequence}; `argonaut replay {path}` says how many it has"
        )
    })
}

/// Looks for an input, and for what followed from it.
struct Search {
    sequence: u64,
    replay: Replay,
    found: Option<Found>,
}

impl Search {
    /// Reads on; whether all is known.
    fn read<R: std::io::Read>(
        &mut self,
        reader: &mut Reader<R>,
        engine: &mut Engine,
        instances: &mut dyn Instances,
    ) -> Result<bool> {
        while let Some(record) = reader.next_record()? {
            if let Some(found) = &mut self.found {
                match record {
                    Record::Input(_) | Record::Seal(_) => return Ok(true),
                    Record::Strategy(id, _, Outcome::Fault(fault)) => found.broke.push((id, fault)),
                    _ => {}
                }
                continue;
            }
            match record {
                Record::Input(input) if input.sequence == self.sequence => {
                    self.replay.settle(engine, instances)?;
                    let broke = Vec::new();
                    self.found = Some(Found { input, broke });
                }
                record => {
                    let frame = reader.last_frame();
                    self.replay.take(record, frame, engine, instances)?;
                }
            }
        }
        Ok(false)
    }
}

/// The strategy that is looked at: the one of a name, or the one that broke.
fn whose(engine: &Engine, found: &Found, name: Option<&str>) -> Result<StrategyId> {
    if let Some(name) = name {
        let mut strategies = engine.strategies();
        let own = strategies.find(|(_, config)| config.name == name);
        return own
            .map(|(id, _)| id)
            .with_context(|| format!("there is no strategy `{name}` by then"));
    }
    match found.broke.as_slice() {
        [(only, _)] => Ok(*only),
        [] => Err(anyhow!(
            "no strategy broke over it; name one by --strategy to see what it did"
        )),
        several => {
            let names = several.iter().map(|(id, _)| named(engine, *id));
            let names: Vec<_> = names.collect();
            Err(anyhow!(
                "several strategies broke over it; name one by --strategy: {}",
                names.join(", ")
            ))
        }
    }
}

fn named(engine: &Engine, strategy: StrategyId) -> String {
    let mut strategies = engine.strategies();
    let own = strategies.find(|(id, _)| *id == strategy);
    own.map_or_else(String::new, |(_, config)| config.name.clone())
}

/// Lets another component take over before the input, which then comes two later; one that the input itself
/// starts is started instead.
fn put_in_place(
    engine: &mut Engine,
    strategy: StrategyId,
    tried: &Tried,
    input: Sequenced<Input>,
    instances: &mut FromFolders,
) -> Result<Sequenced<Input>> {
    if let Some(starts) = starts_with(&input, strategy, tried) {
        return Ok(starts);
    }
    let parameters = engine.parameters(strategy).to_vec();
    let hand_over = match tried.fresh {
        true => HandOver::Fresh,
        false => HandOver::Carry,
    };
    let begin = Command::SwapBegin {
        strategy,
        plugin: tried.hash,
        parameters: instances.fitting(tried.hash, &parameters)?,
        terms: SwapTerms {
            hand_over,
            probation: None,
        },
        history: Vec::new(),
    };
    let mut effects = Vec::new();
    for command in [begin, Command::SwapCommit(strategy)] {
        let next = Sequenced {
            sequence: engine.sequence() + 1,
            time: engine.now(),
            input: Input::Command(Box::new(command)),
        };
        effects.extend(step(engine, next, instances)?);
    }
    let refused = effects.iter().find_map(|effect| match effect {
        Effect::Swap(id, SwapStage::Aborted(reason)) if *id == strategy => Some(reason.clone()),
        Effect::Ignored(why @ (Ignored::WrongState { .. } | Ignored::NothingStaged(_))) => {
            Some(why.to_string())
        }
        _ => None,
    });
    if let Some(reason) = refused {
        bail!(
            "the component could not take over before the input: {reason}; --fresh gives it no state"
        );
    }
    Ok(Sequenced {
        sequence: engine.sequence() + 1,
        ..input
    })
}

/// The input with the component that is tried, if it starts the strategy.
fn starts_with(
    input: &Sequenced<Input>,
    of: StrategyId,
    tried: &Tried,
) -> Option<Sequenced<Input>> {
    let Input::Command(command) = &input.input else {
        return None;
    };
    let mut command = command.clone();
    match &mut *command {
        Command::Start {
            strategy,
            plugin,
            state,
            ..
        } if *strategy == of => {
            *plugin = tried.hash;
            if tried.fresh {
                *state = None;
            }
        }
        _ => return None,
    }
    Some(Sequenced {
        sequence: input.sequence,
        time: input.time,
        input: Input::Command(command),
    })
}

fn step(
    engine: &mut Engine,
    input: Sequenced<Input>,
    instances: &mut dyn Instances,
) -> Result<Vec<Effect>> {
    stage(engine, &input, instances)?;
    Ok(engine.step(input)?.to_vec())
}

/// What a dead letter alone shows.
fn from_letter(
    letter: &DeadLetter,
    tried: Option<&Tried>,
    instances: &mut FromFolders,
) -> Result<Report> {
    let hash = tried.map_or(letter.plugin, |tried| tried.hash);
    let missing = "name the journal beside it";
    let input = letter.input.clone();
    let input = input.with_context(|| format!("the dead letter has no input; {missing}"))?;
    let mut letter = letter.clone();
    letter.parameters = instances.fitting(hash, &letter.parameters)?;
    if tried.is_some_and(|tried| tried.fresh) {
        letter.saved = None;
    }
    let setup = letter.setup(hash);
    let setup = setup.with_context(|| format!("the dead letter has no definitions; {missing}"))?;
    let mut engine = Engine::new(Journal::discarding());
    let mut effects = Vec::new();
    for one in setup {
        effects = step(&mut engine, one, instances)?;
        if let Some(Effect::Ignored(why)) = effects.first() {
            bail!("what was defined then cannot be defined now: {why}; {missing}");
        }
    }
    let described = describe(&input);
    let is_start = matches!(&input, Input::Command(command)
        if matches!(**command, Command::Start { strategy, .. } if strategy == letter.id));
    // What broke as it started has been shown already.
    if !is_start {
        let next = Sequenced {
            sequence: engine.sequence() + 1,
            time: letter.time,
            input,
        };
        effects.extend(step(&mut engine, next, instances)?);
    }
    let strategy = letter.id;
    let shown = Shown { effects, strategy };
    let at = (letter.sequence, letter.time);
    let mut report = head(at, &described, Some(&letter.fault));
    report.insert("strategy".to_owned(), letter.strategy.into());
    let state = match letter.saved {
        Some(_) => "as it saved last; without the journal what came after is not known",
        None => "fresh; without the journal what came before is not known",
    };
    report.insert("state".to_owned(), state.into());
    report.extend(shown.report(tried));
    Ok(report)
}

fn describe(input: &Input) -> String {
    format!("{input:?}").chars().take(LONGEST_INPUT).collect()
}

fn head((sequence, time): (u64, Timestamp), input: &str, then: Option<&Fault>) -> Report {
    let mut report = Report::new();
    report.insert("event".to_owned(), sequence.into());
    report.insert("time".to_owned(), time.to_string().into());
    report.insert("input".to_owned(), input.into());
    let then = then.map(ToString::to_string);
    report.insert("fault_then".to_owned(), then.into());
    report
}

impl Shown {
    /// What the strategy did with the input.
    fn report(&self, tried: Option<&Tried>) -> Report {
        let (mut orders, mut said, mut fault) = (Vec::new(), Vec::new(), None);
        for effect in &self.effects {
            match effect {
                Effect::Fault(id, broke) if *id == self.strategy => fault = Some(broke),
                Effect::Log(id, _, text) if *id == self.strategy => said.push(text.clone()),
                Effect::Order(update, order)
                    if order.strategy == self.strategy && !orders.contains(&update.order) =>
                {
                    orders.push(update.order);
                }
                _ => {}
            }
        }
        let mut report = Report::new();
        if let Some(tried) = tried {
            report.insert("tried".to_owned(), tried.hash.to_string().into());
        }
        report.insert("fault".to_owned(), fault.map(ToString::to_string).into());
        let place = fault.and_then(|fault| place_in(&fault.message));
        let place = place.map(|place| format!("{}:{}", place.file, place.line));
        report.insert("place".to_owned(), place.into());
        report.insert("orders".to_owned(), orders.len().into());
        report.insert("log".to_owned(), said.into());
        report
    }
}
