//! The `argonaut` program.
fn main() {}
