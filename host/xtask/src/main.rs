//! `cargo xtask <command>`: the one entry for everything a developer or CI does here.
//!
//! Only orchestration lives here. What a command runs is done by cargo or by `argonaut` itself.
#![allow(
    clippy::print_stdout,
    reason = "a developer command talks to its user on stdout"
)]

mod bench;
mod cargo;
mod crash;
mod hostile;
mod load;
mod optimised;
mod paths;
mod plugins;
mod provision;
mod run;
mod schemathesis;
mod simulate;
mod steps;
mod test;
mod tidy;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::prelude::{Long, Short, Value, ValueExt as _};

const HELP: &str = "\
cargo xtask <command>

  run [-- ARGS]     build host and plugins, then start `argonaut run ARGS`
  test [--quick]    format, tidy, lints, plugins from source, all tests, docs, debug = release
  ci                the same as `test`
  tidy [--shrink]   the repository's own rules; --shrink lowers the length ratchet
  freeze-wit DIR    release a folder of wit/: record its hashes; it cannot change afterwards
  simulate [ARGS]   trading days with faults from seeds, in release; --help lists the options
  hostile [ARGS]    the hostile corpus H01 to H20, in release, each with its figures
      --long            as often as figures need
      --only H01,H12    these cases
      --json            one line of JSON for each
  load [OPTIONS]    many clients at a host in release, and how fast it answers all; --help lists the options
      --only NAME       ws, slow, rest or orders
      --seconds N       how long each part is measured (default 20)
      --connections N   WebSocket clients (default 1000)
  schemathesis [OPTIONS]  a debug host is asked all that its OpenAPI description allows and forbids
      --max-examples N  requests of each operation (default 100)
      --seconds N       for so long, whatever there is to ask
      --seed N          what is asked (default 1)
      --identity        of a host that knows who asks, by a key with all roles
  crash [OPTIONS]   hosts killed at every named point and at random, and their ledgers compared
      --kills N         random kills (default 30)
      --seed N          when they come (default 1)
  bench [OPTIONS]   every headline figure in one table
      --quotes FILE     use this file (ts_ns,bid,ask,bid_size,ask_size; plain or .gz)
      --runs N          runs of each case, each in a fresh process (default 5)
      --peer COMMAND    run the peer in between: COMMAND one MODE prints one JSON line
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<ExitCode> {
    let mut arguments = lexopt::Parser::from_env();
    let command = match arguments.next()? {
        Some(Value(name)) => name.string()?,
        Some(Long("help") | Short('h')) | None => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.as_str() {
        "run" => run::run(&rest(&mut arguments)?),
        "test" | "ci" => test::test(flag(&mut arguments, "quick")?),
        "tidy" => tidy::command(flag(&mut arguments, "shrink")?),
        "freeze-wit" => tidy::freeze_wit(&single(&mut arguments)?),
        "simulate" => simulate::simulate(&rest(&mut arguments)?),
        "hostile" => hostile::hostile(&rest(&mut arguments)?),
        "load" => load::load(&rest(&mut arguments)?),
        "schemathesis" => {
            schemathesis::schemathesis(&schemathesis::Options::parse(&mut arguments)?)
        }
        "crash" => crash::crash(&crash::Options::parse(&mut arguments)?),
        "bench" => bench::bench(&bench::Options::parse(&mut arguments)?),
        other => bail!("unknown command `{other}`\n\n{HELP}"),
    }
}

/// Everything after the command, unparsed; a leading `--` is dropped.
fn rest(arguments: &mut lexopt::Parser) -> Result<Vec<OsString>> {
    let mut rest: Vec<OsString> = arguments.raw_args()?.collect();
    if rest.first().is_some_and(|first| first == "--") {
        rest.remove(0);
    }
    Ok(rest)
}

/// Whether the one optional flag was given; anything else is an error.
fn flag(arguments: &mut lexopt::Parser, name: &str) -> Result<bool> {
    let mut given = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long(long) if long == name => given = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(given)
}

/// The one positional argument of a command.
fn single(arguments: &mut lexopt::Parser) -> Result<String> {
    let value = arguments
        .next()?
        .context("an argument is missing, see `cargo xtask --help`")?;
    match value {
        Value(text) => Ok(text.string()?),
        other => Err(other.unexpected().into()),
    }
}
