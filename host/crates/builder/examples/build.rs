//! Builds the plugin crates named on the command line; the host's `plugin build` does the same.

#![allow(clippy::print_stdout, reason = "a command line program")]

use builder::{BuildError, BuildOptions};

fn main() -> Result<(), BuildError> {
    let options: Vec<BuildOptions> = std::env::args().skip(1).map(BuildOptions::new).collect();
    builder::build_many(&options, &mut |line| println!("{line}")).map(|_| ())
}
