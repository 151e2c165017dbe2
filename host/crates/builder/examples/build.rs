//! Builds the plugin crates named on the command line; the host's `plugin build` does the same.

#![allow(clippy::print_stdout, reason = "a command line program")]

use builder::BuildOptions;
use std::process::ExitCode;

fn main() -> ExitCode {
    let options: Vec<BuildOptions> = std::env::args().skip(1).map(BuildOptions::new).collect();
    match builder::build_many(&options, &mut |line| println!("{line}")) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
