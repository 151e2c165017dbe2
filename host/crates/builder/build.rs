//! Has cargo look at what the program carries along: the kits, the contract and the examples. A new
//! file among them is no change that the compiler sees by itself.

fn main() {
    for folder in ["sdk", "wit/v1", "examples/strategies"] {
        println!("cargo::rerun-if-changed=../../../{folder}");
    }
}
