//! What a version runs with: the parameters of the one that runs as far as it knows them, and over them
//! what the file and the run say.

use registry::Manifest;
use std::collections::BTreeMap;

/// Parameters by name.
pub(crate) type Parameters = BTreeMap<String, String>;

/// The parameters of a version: those of the one that runs as far as the version knows them, then all of
/// the later layers, which it must know.
pub(super) fn of_candidate(
    manifest: &Manifest,
    running: &[(String, String)],
    layers: &[&Parameters],
) -> Parameters {
    let known = running.iter().filter(|(name, _)| knows(manifest, name));
    let mut all: Parameters = known.cloned().collect();
    for layer in layers {
        all.extend(
            layer
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    all
}

/// The parameters of the version that runs, with what the file says of both where it knows that.
pub(super) fn of_running(
    manifest: &Manifest,
    running: &[(String, String)],
    both: &Parameters,
) -> Parameters {
    let mut all: Parameters = running.iter().cloned().collect();
    let said = both.iter().filter(|(name, _)| knows(manifest, name));
    all.extend(said.map(|(name, value)| (name.clone(), value.clone())));
    all
}

fn knows(manifest: &Manifest, name: &str) -> bool {
    manifest.parameters.iter().any(|known| known.name == name)
}

/// As arguments: `--param=NAME=VALUE` for each.
pub(crate) fn arguments(parameters: &Parameters) -> impl Iterator<Item = String> + '_ {
    let pairs = parameters.iter();
    pairs.map(|(name, value)| format!("--param={name}={value}"))
}

#[cfg(test)]
mod tests {
    use super::super::samples::manifest;
    use super::*;

    #[test]
    fn later_layers_win_and_what_a_version_does_not_know_stays_behind() {
        let pairs = |pairs: &[(&str, &str)]| -> Parameters {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect()
        };
        let running: Vec<_> = pairs(&[("fast", "5"), ("gone", "1")]).into_iter().collect();
        let manifest = manifest(&["fast", "slow"]);
        let file = pairs(&[("fast", "6"), ("slow", "9")]);
        let of = of_candidate(&manifest, &running, &[&file, &pairs(&[("slow", "8")])]);
        assert_eq!(of, pairs(&[("fast", "6"), ("slow", "8")]));
        let both = pairs(&[("slow", "8"), ("new", "1")]);
        let of = of_running(&manifest, &running, &both);
        assert_eq!(of, pairs(&[("fast", "5"), ("gone", "1"), ("slow", "8")]));
        let words: Vec<_> = arguments(&pairs(&[("a", "1")])).collect();
        assert_eq!(words, ["--param=a=1"]);
    }
}
