//! The report as one HTML page that needs nothing else.

mod chart;
mod details;
mod page;
mod scale;
mod tables;

pub use page::html;
