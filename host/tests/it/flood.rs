//! A real host that is fed a hundred times as much as usual, a fifth of it bad: its memory does not
//! grow with what comes, and time never goes back.
//! `FLOOD_SECONDS` says for how long; a minute is what `docs/reliability.md` promises.

use super::crash::Running;
use super::process::plugin_dir;
use argonaut::run::DEFAULT_CONFIG;
use std::path::Path;
use std::time::Duration;

/// What a flood may take, in KiB.
const GROWTH_KIB: u64 = 50 * 1_024;

/// The built-in configuration with a hundred times as many events, and bad ones among them.
fn configuration(folder: &Path) -> std::path::PathBuf {
    let mut text = DEFAULT_CONFIG.replace("127.0.0.1:8080", "127.0.0.1:0");
    let mut rates = 0;
    for rate in ["25.0", "20.0", "30.0"] {
        let usual = format!("events_per_second = {rate}");
        rates += text.matches(&usual).count();
        let flood = usual.replace(".0", "00.0");
        text = text.replace(&usual, &flood);
    }
    assert_eq!(rates, 4, "the built-in configuration has other rates");
    text = text.replace(
        "kind = \"simulated\"",
        "kind = \"simulated\"\nbad_share = 0.2",
    );
    let data = format!("data_dir = \"{}\"", folder.join("data").display());
    text = text.replace("data_dir = \".argonaut\"", &data);
    let plugins = format!("plugin_dir = \"{}\"", plugin_dir().display());
    text = text.replace("plugin_dir = \"target/plugins\"", &plugins);
    let file = folder.join("host.toml");
    std::fs::write(&file, text).unwrap();
    file
}

/// A line of what the kernel says of a process's memory, in KiB.
fn memory_kib(host: &Running, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.id())).unwrap();
    let rest = status.lines().find_map(|text| text.strip_prefix(line));
    let number = rest.unwrap().split_whitespace().next().unwrap();
    number.parse().unwrap()
}

#[test]
fn a_hundredfold_feed_takes_no_memory() {
    let seconds = std::env::var("FLOOD_SECONDS").map_or(5, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let host = Running::start(&configuration(folder.path()), None).expect("it comes up");
    let before = memory_kib(&host, "VmRSS:");
    std::thread::sleep(Duration::from_secs(seconds));
    let after = memory_kib(&host, "VmHWM:");
    let health = host.get("/health").unwrap();
    println!("{before} KiB, at most {after} KiB in {seconds} s; {health}");
    assert_eq!(health["status"], "UP");
    assert!(
        health["sequence"].as_u64().unwrap() > 1_000 * seconds,
        "{health}"
    );
    assert!(
        after <= before + GROWTH_KIB,
        "{before} KiB became {after} KiB"
    );
    let engine = host.get("/engine").unwrap();
    assert!(
        engine["ignored"].as_u64().unwrap() > 100 * seconds,
        "bad events were taken for good ones: {engine}"
    );
    let begun = std::time::Instant::now();
    host.end();
    println!("ended within {:.1?}", begun.elapsed());
}
