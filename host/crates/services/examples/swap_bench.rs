//! Measures hot swaps of a component under load: `swap_bench COMPONENT_A COMPONENT_B [SWAPS
//! [EVENTS_PER_SECOND]]`. The components are the repository's `counter` in two versions.

use services::swap_bench::{SwapBenchConfig, swap_bench};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("give {what}"));
    let component_a = std::fs::read(next("the first component")?)?;
    let component_b = std::fs::read(next("the second component")?)?;
    let config = SwapBenchConfig {
        swaps: next("").map_or(Ok(1_000), |swaps| swaps.parse())?,
        events_per_second: next("").map_or(Ok(100_000), |rate| rate.parse())?,
        component_a,
        component_b,
        parameters: BTreeMap::from([("sequence".to_owned(), "true".to_owned())]),
    };
    let runtime = runtime::Runtime::new(runtime::RuntimeOptions::default())?;
    let plugins = WasmPlugins::new(runtime, runtime::Limits::default());
    let report = swap_bench(&config, Arc::new(plugins))?;
    writeln!(std::io::stdout(), "{report:#?}")?;
    Ok(())
}
