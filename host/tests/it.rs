//! The whole program, run as its users run it.

mod it {
    pub mod live;
    pub mod process;
}
