//! The C side of the plugin contract, generated from WIT under names an author can bear.

use crate::BuildError;
use crate::build::file_error;
use crate::kit::write_if_other;
use std::path::{Path, PathBuf};
use wit_bindgen_c::Opts;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// What the interfaces of the contract are called in C.
const NAMES: [(&str, &str); 8] = [
    ("types", "argonaut"),
    ("market-data", "argonaut_market"),
    ("orders", "argonaut_orders"),
    ("timers", "argonaut_timers"),
    ("log", "argonaut_log"),
    ("state", "argonaut_state"),
    ("on-book", "argonaut_book"),
    ("on-signal", "argonaut_signals"),
];

/// Writes `strategy.h` and `strategy.c` into the kit, and into `work` the object file that tells the
/// componentizer what the module is; returns the latter.
pub(super) fn generate(world: &Path, kit: &Path, work: &Path) -> Result<PathBuf, BuildError> {
    let mut types = work.join("types.o");
    for (name, bytes) in files(world).map_err(|message| BuildError::Component {
        name: "the C kit".to_owned(),
        message,
    })? {
        let path = match Path::new(&name).extension().and_then(|end| end.to_str()) {
            Some("h") => kit.join("include").join(name),
            Some("c") => kit.join("src").join(name),
            _ => {
                types = work.join(name);
                types.clone()
            }
        };
        write_if_other(&path, &bytes)?;
    }
    if types.is_file() {
        return Ok(types);
    }
    Err(file_error(&types, std::io::ErrorKind::NotFound.into()))
}

/// The generated files by name.
fn files(world: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(world)
        .map_err(|error| format!("{error:#}"))?;
    let world = resolve
        .select_world(&[package], Some("plugin"))
        .map_err(|error| format!("{error:#}"))?;
    let rename = NAMES.map(|(interface, name)| {
        let interface = format!("argonaut:plugin/{interface}@1.0.0");
        (interface, name.to_owned())
    });
    let options = Opts {
        rename: rename.to_vec(),
        rename_world: Some("strategy".to_owned()),
        ..Opts::default()
    };
    let mut files = Files::default();
    options
        .build()
        .generate(&mut resolve, world, &mut files)
        .map_err(|error| format!("{error:#}"))?;
    let files = files
        .iter()
        .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    Ok(files.collect())
}
