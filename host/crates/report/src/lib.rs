//! The report of a run: [`html`] makes one self-contained page, [`json`] one document.
//!
//! A [`RunReport`] is plain data, filled by whoever ran the engine. Nothing is computed here that
//! decides anything; statistics come from `quant`. The page loads nothing from elsewhere, runs no
//! script, and every text in it is escaped. Reading and writing files is the caller's.

mod curve;
mod figures;
mod format;
mod html;
mod json;
mod run;

pub use curve::{CurvePoint, curve};
pub use html::html;
pub use json::json;
pub use run::{Attribution, Costs, DataDescription, RunReport, TradeRow};
