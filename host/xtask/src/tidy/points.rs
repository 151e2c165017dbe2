//! Crash points: whatever leaves the host, or comes in from a venue, passes one that a test can crash
//! at, and each point is passed at one place.
//!
//! A port is known by the words that a file must have to hold it. So another file that begins to hold
//! one is looked at too. What is written for nobody's promise needs no point: caches, metrics, logs.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Violation;
use super::tokens::{Leaf, Parsed, functions, leaves_outside_tests};

/// Where points are named.
const NAMES: &str = "host/crates/journal/src/crash.rs";

/// A way out of the host, or in.
struct Port {
    what: &'static str,
    /// Beginnings of the paths of files that may hold it.
    folders: &'static [&'static str],
    /// What a file says that holds it, token by token.
    words: &'static [&'static str],
    /// Methods through which something passes; functions that call them have a point.
    calls: &'static [&'static str],
    /// Functions in which it is answered; they have a point themselves.
    functions: &'static [&'static str],
}

const PORTS: &[Port] = &[
    Port {
        what: "blocks and headers of a segment",
        folders: &["host/crates/journal/src/writer.rs"],
        words: &["impl", "Sink", "for"],
        calls: &["write_all"],
        functions: &["flush"],
    },
    Port {
        what: "a snapshot",
        folders: &["host/crates/journal/src/snapshots.rs"],
        words: &[],
        calls: &["write_all"],
        functions: &[],
    },
    Port {
        what: "what a batch lets out",
        folders: &["host/crates/services/src/trader/outbound.rs"],
        words: &["impl", "Trader"],
        calls: &["send_out"],
        functions: &["let_out"],
    },
    Port {
        what: "a message for a venue outside",
        folders: &["host/crates/services/src/"],
        words: &["impl", "Venue"],
        calls: &["send"],
        functions: &[],
    },
    Port {
        what: "what a venue outside says of orders",
        folders: &["host/crates/services/src/"],
        words: &["impl", "VenueLink"],
        calls: &[],
        functions: &["hear"],
    },
    Port {
        what: "rows of the journal for the store",
        folders: &["host/crates/services/src/", "host/src/"],
        words: &["Writer", ":", ":", "open"],
        calls: &["write"],
        functions: &[],
    },
    Port {
        what: "entries for the bus",
        folders: &["host/src/"],
        words: &["impl", "Source", "for"],
        calls: &[],
        functions: &["read", "published"],
    },
];

pub(super) fn check(parsed: &[Parsed]) -> Vec<Violation> {
    check_ports(PORTS, parsed)
}

fn check_ports(ports: &[Port], parsed: &[Parsed]) -> Vec<Violation> {
    let sources: Vec<_> = parsed.iter().filter(|file| !file.is_test()).collect();
    let Some(names) = sources.iter().find(|file| file.path == NAMES) else {
        return vec![Violation::new(NAMES, 0, "points are named in this file")];
    };
    let names = named(&leaves_outside_tests(&names.tokens));
    let mut passed = Vec::new();
    let mut seen = vec![0; ports.len()];
    let mut violations = Vec::new();
    for file in sources.iter().filter(|file| file.path != NAMES) {
        let leaves = leaves_outside_tests(&file.tokens);
        let points = points(&leaves, &names);
        for (port, seen) in ports.iter().zip(&mut seen) {
            let (found, without) = places(port, file, &leaves, &points);
            *seen += found;
            violations.extend(without.into_iter().map(|line| {
                let what = port.what;
                Violation::new(&file.path, line, format!("no crash point for {what}"))
            }));
        }
        passed.extend(points.into_iter().map(|(name, _)| name));
    }
    let unseen = ports.iter().zip(seen).filter(|(_, seen)| *seen == 0);
    violations.extend(unseen.map(|(port, _)| {
        let message = format!("{} passes nowhere: mend the list of ports", port.what);
        Violation::new("host/xtask/src/tidy/points.rs", 0, message)
    }));
    violations.extend(names.iter().filter_map(|name| {
        let times = passed.iter().filter(|passed| *passed == name).count();
        (times != 1).then(|| {
            let message = format!("`{name}` is reached at {times} places instead of one");
            Violation::new(NAMES, 0, message)
        })
    }));
    violations
}

/// The constants of points: `NAME = "text", "meaning";`.
fn named(leaves: &[Leaf]) -> BTreeSet<String> {
    let parts = leaves.windows(4).filter_map(|parts| match parts {
        [name, is, text, comma] => {
            let fits = is.text == "=" && text.literal && comma.text == ",";
            fits.then(|| name.text.clone())
        }
        _ => None,
    });
    parts.collect()
}

/// Where points are reached, `crash::NAME`, with their lines.
fn points(leaves: &[Leaf], names: &BTreeSet<String>) -> Vec<(String, usize)> {
    let starts = leaves.windows(4).filter_map(|parts| match parts {
        [module, first, second, name] => {
            let path = module.text == "crash" && first.text == ":" && second.text == ":";
            let known = path && names.contains(&name.text);
            known.then(|| (name.text.clone(), name.line))
        }
        _ => None,
    });
    starts.collect()
}

/// At how many places of a file something passes a port, and the lines of those without a point.
fn places(
    port: &Port,
    file: &Parsed,
    leaves: &[Leaf],
    points: &[(String, usize)],
) -> (usize, Vec<usize>) {
    let (path, words) = (file.path.as_str(), port.words);
    let here = port.folders.iter().any(|folder| path.starts_with(folder));
    if !here || !holds(leaves, words) {
        return (0, Vec::new());
    }
    let bodies: Vec<(String, Range<usize>)> = functions(&file.tokens)
        .into_iter()
        .map(|it| (it.name, it.line..it.line + it.length_lines))
        .collect();
    let has_point = |lines: &Range<usize>| points.iter().any(|(_, line)| lines.contains(line));
    let innermost = |line: usize| {
        let around = bodies.iter().filter(|(_, lines)| lines.contains(&line));
        around
            .map(|(_, lines)| lines)
            .max_by_key(|lines| lines.start)
    };
    let mut found = 0;
    let mut without = Vec::new();
    for line in called(leaves, port.calls) {
        found += 1;
        if !innermost(line).is_some_and(has_point) {
            without.push(line);
        }
    }
    for (name, lines) in &bodies {
        if !port.functions.contains(&name.as_str()) {
            continue;
        }
        found += 1;
        if !has_point(lines) {
            without.push(lines.start);
        }
    }
    (found, without)
}

fn holds(leaves: &[Leaf], words: &[&str]) -> bool {
    let same = |parts: &[Leaf]| {
        let mut pairs = parts.iter().zip(words);
        pairs.all(|(leaf, word)| leaf.text == *word)
    };
    words.is_empty() || leaves.windows(words.len()).any(same)
}

/// The lines of calls `.method`.
fn called(leaves: &[Leaf], methods: &[&str]) -> Vec<usize> {
    let calls = leaves.windows(2).filter_map(|parts| match parts {
        [dot, name] => {
            let call = dot.text == "." && methods.contains(&name.text.as_str());
            call.then_some(name.line)
        }
        _ => None,
    });
    calls.collect()
}

#[cfg(test)]
mod tests {
    use super::super::files::Files;
    use super::super::tokens::parse;
    use super::{NAMES, Port, check_ports};

    const OUT: &[Port] = &[Port {
        what: "a letter",
        folders: &["a/"],
        words: &["impl", "Post"],
        calls: &["send"],
        functions: &["take"],
    }];
    const POINTS: &str = "macro_rules! points { ($($name:ident = $text:literal, $doc:literal;)*) => {}; }\n\
                          points! { SEND = \"send\", \"Said.\"; TAKE = \"take\", \"Said.\"; }";
    const WHOLE: &str = "impl Post for A {\n\
                         fn go(&self) { crash::reach(crash::SEND)?; self.line.send(1); }\n\
                         fn take(&self) { at(crash::TAKE); }\n\
                         }";

    /// What is wrong with a file `a/a.rs`, each with its line.
    #[track_caller]
    fn check(text: &str, expect: &[(usize, &str)]) {
        let parsed = parse(&Files::of(&[(NAMES, POINTS), ("a/a.rs", text)])).unwrap();
        let found = check_ports(OUT, &parsed);
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.line, it.message.as_str()))
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn a_call_without_a_point_is_found() {
        check(WHOLE, &[]);
        let more = "\nimpl A { fn other(&self) {\n self.other.send(2); } }";
        check(
            &format!("{WHOLE}{more}"),
            &[(6, "no crash point for a letter")],
        );
        let tests = "\n#[cfg(test)] mod tests { fn other() { a.send(2); } }";
        check(&format!("{WHOLE}{tests}"), &[]);
        let text = WHOLE.replace("at(crash::TAKE);", "");
        let unused = "`TAKE` is reached at 0 places instead of one";
        check(&text, &[(3, "no crash point for a letter"), (0, unused)]);
    }

    #[test]
    fn a_point_is_reached_at_one_place() {
        let twice = format!("{WHOLE}\nfn more() {{ at(crash::SEND); }}");
        check(
            &twice,
            &[(0, "`SEND` is reached at 2 places instead of one")],
        );
    }

    #[test]
    fn a_port_that_nobody_holds_is_no_port() {
        let text = "fn a() { at(crash::SEND); at(crash::TAKE); x.send(1); }";
        check(
            text,
            &[(0, "a letter passes nowhere: mend the list of ports")],
        );
    }
}
