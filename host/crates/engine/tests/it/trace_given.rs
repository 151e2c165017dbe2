//! What a golden trace begins with: the world before its first timed line.

use crate::trace_input::{MONDAY, Words, kind_name, milliseconds, time_of_day};
use crate::world::*;
use engine::{Definition, FillChances, Latency, SelfMatch, Slippage};
use model::{AccountRules, Duration, FeeTier, HedgeMargin, Session, VenueId};

/// What a trace begins with.
pub(crate) struct Given {
    setup: Setup,
    rules: AccountRules,
    /// What is defined after all else.
    more: Vec<Definition>,
}

impl Default for Given {
    fn default() -> Self {
        let mut setup = Setup::default();
        setup.accounts[1].deposits = vec![(USD, money("1000000"))];
        Self {
            setup,
            rules: AccountRules::default(),
            more: Vec::new(),
        }
    }
}

impl Given {
    pub(crate) fn take(&mut self, words: &Words) {
        let setup = &mut self.setup;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[1..] {
            ["fees", "maker", maker, "taker", taker] => {
                let fees = &mut setup.instrument(EQUITY).fees;
                (fees.maker, fees.taker) = (rate(maker), rate(taker));
            }
            [
                "latency",
                "insert",
                insert,
                "cancel",
                cancel,
                "modify",
                modify,
            ] => {
                setup.venue.latency = Latency {
                    insert: milliseconds(insert),
                    cancel: milliseconds(cancel),
                    modify: milliseconds(modify),
                    ..Latency::default()
                };
            }
            ["lacks", ref types @ ..] => {
                setup.venue.lacks = types.iter().map(|name| kind_name(name)).collect();
            }
            ["session", open, close] => {
                setup.instrument(EQUITY).session = Some(Session {
                    open: Duration::from_nanos(time_of_day(open)),
                    close: Duration::from_nanos(time_of_day(close)),
                    days: Session::WEEKDAYS,
                });
            }
            ["rules", ..] | ["margin_call", ..] | ["deposit", ..] | ["instrument", ..] => {
                crate::trace_lifecycle::given(setup, &mut self.rules, &words[1..]);
            }
            ["commission", unit, "min", min, "share", share] => {
                let fees = &mut setup.instrument(EQUITY).fees;
                (fees.per_contract, fees.min_per_order) = (money(unit), money(min));
                fees.max_share = Some(rate(share));
            }
            ["feed", latency] => setup.venue.latency.feed = milliseconds(latency),
            ["chances", "touch", touch, "slip", slip] => {
                setup.venue.chances = Some(FillChances {
                    touch: rate(touch),
                    slip: rate(slip),
                    seed: 1,
                });
            }
            ["self_match", mode] => {
                let venue = VenueId::new(0);
                self.more
                    .push(Definition::SelfMatch(venue, self_match(mode)));
            }
            ["tiers", ref tiers @ ..] => {
                let tiers = tiers.chunks(5).map(tier).collect();
                self.more.push(Definition::FeeTiers(EQUITY, tiers));
            }
            ["hedging"] => setup.accounts[1].hedging = Some(HedgeMargin::Gross),
            ["hedging", "net"] => setup.accounts[1].hedging = Some(HedgeMargin::Net),
            ["slippage", ticks] => setup.venue.slippage = Slippage::Ticks(ticks.parse().unwrap()),
            _ => panic!("cannot read {words:?}"),
        }
    }

    pub(crate) fn build(self) -> World {
        let mut world = self.setup.build();
        world.now = MONDAY;
        if self.rules != AccountRules::default() {
            world.define(Definition::AccountRules(MARGIN, self.rules));
        }
        for definition in self.more {
            world.define(definition);
        }
        assert_eq!(world.ignored(), []);
        world
    }
}

/// `1000 maker 0.0005 taker 0.001`.
fn tier(words: &[&str]) -> FeeTier {
    let [from, "maker", maker, "taker", taker] = *words else {
        panic!("cannot read {words:?}");
    };
    FeeTier {
        from: money(from),
        maker: rate(maker),
        taker: rate(taker),
    }
}

fn self_match(word: &str) -> SelfMatch {
    let modes = [
        SelfMatch::CancelNewest,
        SelfMatch::CancelOldest,
        SelfMatch::CancelBoth,
        SelfMatch::DecrementAndCancel,
    ];
    let named = modes.into_iter().find(|mode| mode.name() == word);
    named.unwrap_or_else(|| panic!("{word} is no way to keep orders apart"))
}
