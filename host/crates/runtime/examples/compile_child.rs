//! The compiling child as a program of its own, for this crate's tests. The `argonaut` binary has
//! the same in a hidden subcommand.

fn main() -> std::io::Result<()> {
    runtime::compile_child_main(std::io::stdin().lock(), std::io::stdout().lock())
}
