//! The command line: one file per command under `cli/`. Errors are one line on standard error and
//! exit code 1; wrong usage is exit code 2. What a check finds is exit code 3. What speaks with a running
//! host has the exit codes of `crate::client::Failure`.

mod asking;
mod audit;
mod background;
mod backtest;
mod bench;
mod bus;
mod data;
mod factor;
mod fan_out;
mod indicator;
mod kill;
mod login;
mod plugin;
mod reading;
mod remote;
mod replay;
mod run;
mod secrets;
mod store;
mod watch;

use crate::client::Failure;
use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// A strategy host for trading: sandboxed WebAssembly strategies on a deterministic engine.
#[derive(Debug, Parser)]
#[command(name = "argonaut", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the host: feed, strategies, API and the live page.
    Run(run::RunArguments),
    /// Run a strategy over files of market data.
    Backtest(Box<backtest::BacktestArguments>),
    /// Keep market data in a catalog: take in, show, check, merge and give out.
    Data(data::DataArguments),
    /// Make the tables of orders, fills and the like again from the journal, or compare them with it.
    Store(store::StoreArguments),
    /// Check or show the log of what people did.
    Audit(audit::AuditArguments),
    /// Keep secrets in a sealed file, which the configuration names as `secret:NAME`.
    Secrets(secrets::SecretsArguments),
    /// Check a journal, and with --verify run it again.
    Replay(replay::ReplayArguments),
    /// Follow what a host publishes to Redis.
    Bus(bus::BusArguments),
    /// Serve the stream of a host to dashboards from a process of its own, which hears it by Redis.
    FanOut(fan_out::FanOutArguments),
    /// Make, build and try plugins, and keep those of a running host.
    #[command(visible_alias = "plugins")]
    Plugin(plugin::PluginArguments),
    /// Score instruments of a catalog by a factor.
    Factor(factor::FactorArguments),
    /// Make the lines of an indicator from an instrument of a catalog.
    Indicator(indicator::IndicatorArguments),
    /// Stop the trading of a running host, or of a part of it.
    Kill(kill::KillArguments),
    /// Log in to a running host; commands that follow are this person's.
    Login(login::LoginArguments),
    /// End the session of `login`.
    Logout(login::LogoutArguments),
    /// Follow what happens in a running host, a line each.
    Watch(watch::WatchArguments),
    // What a running host is asked by one request, a verb each.
    #[command(flatten)]
    Remote(remote::Remote),
    /// Measure the engine.
    Bench(bench::BenchArguments),
    /// Print the description of the API, as OpenAPI 3.1.
    Openapi,
    /// Compile one plugin from standard input to standard output; the host calls this itself.
    #[command(name = "compile-plugin", hide = true)]
    CompilePlugin,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let done = match command {
        Command::Data(arguments) => return ended(data::run(arguments)),
        Command::Audit(arguments) => return ended(audit::run(arguments)),
        Command::Secrets(arguments) => return ended(secrets::run(&arguments)),
        Command::Store(arguments) => return ended(store::run(arguments)),
        Command::Plugin(arguments) => return ended(plugin::run(arguments)),
        Command::Factor(arguments) => return ended(factor::run(&arguments)),
        Command::Run(arguments) => run::run(arguments),
        Command::Backtest(arguments) => backtest::run(*arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Bus(arguments) => bus::run(&arguments),
        Command::FanOut(arguments) => fan_out::run(&arguments),
        Command::Indicator(arguments) => indicator::run(&arguments),
        Command::Kill(arguments) => kill::run(&arguments),
        Command::Login(arguments) => login::login(&arguments),
        Command::Logout(arguments) => login::logout(&arguments),
        Command::Watch(arguments) => watch::run(&arguments),
        Command::Remote(asked) => remote::run(&asked),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Openapi => say(api::openapi().trim_end()),
        Command::CompilePlugin => {
            runtime::compile_child_main(std::io::stdin(), std::io::stdout()).map_err(Into::into)
        }
    };
    ended(done.map(|()| ExitCode::SUCCESS))
}

/// Tells of an error.
fn ended(done: anyhow::Result<ExitCode>) -> ExitCode {
    match done {
        Ok(code) => code,
        Err(error) => {
            let failure = error.downcast_ref::<Failure>();
            let start = match failure {
                Some(Failure::Waiting { .. }) => "",
                _ => "error: ",
            };
            // Nobody is left to tell when standard error itself fails.
            let _ = writeln!(std::io::stderr(), "{start}{error:#}");
            ExitCode::from(failure.map_or(1, Failure::exit_code))
        }
    }
}

/// Prints a line of results.
fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}
