//! A fake venue with a gateway in front, in a process of its own: tests of the program start it. The first line that
//! it prints says where hosts and where tests reach it. SIGTERM ends it in order; started again on the same books
//! it has what it had.
#![allow(
    clippy::print_stdout,
    reason = "a developer command talks to its user on stdout"
)]

use lexopt::prelude::{Long, Short, ValueExt as _};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use testkit::venue::outside::run;

const HELP: &str = "\
venue --books FILE [--port N]
  --books FILE  where it keeps what it took, and goes on from
  --port N      where hosts reach it on this machine (default 0: a free one)
";

fn main() -> ExitCode {
    let (books, port) = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("venue: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = run(&books, port, |at| {
        writeln!(std::io::stdout(), "{} {}", at.gateway, at.control)
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("venue: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Option<(PathBuf, u16)>, lexopt::Error> {
    let (mut books, mut port) = (None, 0);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("books") => books = Some(PathBuf::from(arguments.value()?)),
            Long("port") => port = arguments.value()?.parse()?,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    let books = books.ok_or("--books is missing: where it keeps what it took")?;
    Ok(Some((books, port)))
}
