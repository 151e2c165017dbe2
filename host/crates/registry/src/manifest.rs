//! What a component is, as whoever admitted it says.

use model::PluginHash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A component's description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The SHA-256 of its bytes, which names it.
    #[serde(with = "hash_text")]
    pub hash: PluginHash,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// The world it fits, such as `strategy`.
    pub world: String,
    /// The author's name for it.
    pub name: String,
    /// The author's version.
    pub version: String,
    /// What it does, in the author's words.
    pub documentation: String,
    /// Who made it, if the component says so.
    pub authors: Option<String>,
    /// What it may ask of a host: `interface#function`, sorted.
    pub imports: Vec<String>,
    /// What it offers beyond its world: `interface#function`, sorted.
    pub options: Vec<String>,
    /// What can be set, in the author's order.
    pub parameters: Vec<Parameter>,
    /// The limits under which it runs unless told otherwise, by name.
    pub limits: BTreeMap<String, u64>,
    /// What events cost it; `None` where that could not be measured.
    pub fuel: Option<Fuel>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What kind of value it takes.
    pub kind: String,
    /// The value when none is given; `None` makes it required.
    pub default: Option<String>,
    /// Inclusive lower bound.
    pub minimum: Option<String>,
    /// Inclusive upper bound.
    pub maximum: Option<String>,
    /// What it is for.
    pub documentation: String,
}

/// Fuel that made-up events took, with default parameters. Equal on every machine, so two builds can be
/// compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fuel {
    /// How many events there were.
    pub events: u32,
    /// What half of them took at most.
    pub median: u64,
    /// What the dearest took.
    pub most: u64,
}

/// Hashes as text, in JSON.
pub(crate) mod hash_text {
    use model::PluginHash;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(
        hash: &PluginHash,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hash)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PluginHash, D::Error> {
        let text = String::deserialize(deserializer)?;
        PluginHash::parse(&text).ok_or_else(|| de::Error::custom("not the SHA-256 of a plugin"))
    }
}
