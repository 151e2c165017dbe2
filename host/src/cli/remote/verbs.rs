//! The tables of verbs, by what they are about.

mod backtests;
mod jobs;
mod people;
mod risk;
mod strategies;
mod trading;

use super::verb::Verb;

/// Every verb.
pub(super) fn all() -> Vec<Verb> {
    let tables = [
        strategies::verbs(),
        strategies::told_by(),
        strategies::versions(),
        strategies::shadows(),
        strategies::canaries(),
        strategies::pipelines(),
        strategies::runs(),
        backtests::verbs(),
        jobs::verbs(),
        trading::orders(),
        trading::holdings(),
        trading::happened(),
        trading::money(),
        trading::instruments(),
        trading::engine(),
        risk::verbs(),
        risk::rules(),
        risk::measures(),
        people::verbs(),
        people::people(),
        people::keys(),
    ];
    tables.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_words_stand_for_two_verbs() {
        let verbs = all();
        let words: BTreeSet<&str> = verbs.iter().map(|verb| verb.words).collect();
        assert_eq!(words.len(), verbs.len());
    }

    #[test]
    fn requests_are_those_of_the_router() {
        let routes = api::operations::<services::host::HostHandle>();
        let plain = |path: &str| {
            let segments = path
                .split('/')
                .map(|segment| match segment.starts_with('{') {
                    true => "{}",
                    false => segment,
                });
            segments.collect::<Vec<_>>().join("/")
        };
        let known: BTreeSet<(String, String)> = routes
            .iter()
            .map(|route| (route.method.to_string(), plain(&route.path)))
            .collect();
        for verb in all() {
            // What is below a symbol shares its route.
            let path = match verb.path {
                "/instruments/{*symbol}/events"
                | "/instruments/{*symbol}/status"
                | "/instruments/{*symbol}/prices" => "/instruments/{*symbol}",
                path => path,
            };
            let asked = (verb.method.to_string(), plain(&format!("/api/v1{path}")));
            assert!(known.contains(&asked), "{}: {asked:?}", verb.words);
        }
    }
}
