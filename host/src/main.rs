//! The `argonaut` program: see `cli` for what it can do.

use std::process::ExitCode;

fn main() -> ExitCode {
    argonaut::cli::main()
}
