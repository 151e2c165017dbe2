//! Lines of golden traces about what happens to instruments and accounts: given, read and told.

use crate::trace_input::{MONDAY, time_of_day};
use crate::trace_output::Reader;
use crate::world::*;
use engine::{Alert, Command, Effect, LimitScope};
use model::{
    AccountRules, AssetClass, CurrencyId, Duration, InstrumentId, LifecycleEvent, Margin,
    MarginCall, OptionRight, PositionChange,
};

const SYMBOLS: [&str; 7] = ["EQ", "EUR/USD", "USD/JPY", "BTC/USD", "PERP", "FUT", "OPT"];
const CURRENCIES: [&str; 4] = ["USD", "EUR", "JPY", "BTC"];

pub(crate) fn symbol(word: Option<&str>) -> Option<InstrumentId> {
    let place = SYMBOLS.iter().position(|name| Some(*name) == word)?;
    Some(InstrumentId::new(u32::try_from(place).unwrap()))
}

fn symbol_of(id: InstrumentId) -> &'static str {
    SYMBOLS[id.index()]
}

fn currency(word: &str) -> CurrencyId {
    let place = CURRENCIES.iter().position(|name| *name == word).unwrap();
    CurrencyId::new(u32::try_from(place).unwrap())
}

pub(crate) fn given(setup: &mut Setup, rules: &mut AccountRules, words: &[&str]) {
    match *words {
        ["deposit", amount] => setup.accounts[1].deposits = vec![(USD, money(amount))],
        ["rules", ref agreed @ ..] => {
            for rule in agreed {
                match *rule {
                    "delivers" => rules.delivers = true,
                    "converts_debts" => rules.converts_debts = true,
                    _ => panic!("{rule} is no rule"),
                }
            }
        }
        [
            "margin_call",
            "call",
            call,
            "liquidate",
            liquidate,
            "grace",
            grace,
        ] => {
            let seconds = grace.strip_suffix('s').unwrap().parse().unwrap();
            rules.margin_call = Some(MarginCall {
                call: rate(call),
                liquidate: rate(liquidate),
                grace: Duration::from_secs(seconds),
            });
        }
        ["instrument", name, "margin", initial, maintenance] => {
            let id = symbol(Some(name)).unwrap();
            setup.instrument(id).margin = Margin {
                initial: rate(initial),
                maintenance: rate(maintenance),
            };
        }
        ["instrument", "FUT", "expires", time] => {
            let expiry = at(MONDAY + time_of_day(time));
            setup.instrument(FUTURE).class = AssetClass::Future { expiry };
        }
        ["instrument", "OPT", right, strike, "expires", time] => {
            setup.instrument(OPTION).class = AssetClass::Option {
                underlying: Some(EQUITY),
                strike: price(strike),
                expiry: at(MONDAY + time_of_day(time)),
                right: match right {
                    "call" => OptionRight::Call,
                    _ => OptionRight::Put,
                },
            };
        }
        _ => panic!("cannot read {words:?}"),
    }
}

/// Lets something happen to an instrument or an account.
pub(crate) fn happen(world: &mut World, about: InstrumentId, words: &[&str]) {
    let event = match *words {
        ["funding", share] => LifecycleEvent::Funding { rate: rate(share) },
        ["settlement", at_price] => LifecycleEvent::Settlement {
            price: price(at_price),
        },
        ["split", "from", denominator, "to", numerator] => LifecycleEvent::Split {
            numerator: numerator.parse().unwrap(),
            denominator: denominator.parse().unwrap(),
        },
        ["dividend", amount, paid] => LifecycleEvent::Dividend {
            amount: money(amount),
            currency: currency(paid),
        },
        ["convert", amount, from, "to", to] => {
            return world.command(Command::Convert {
                account: MARGIN,
                from: currency(from),
                to: currency(to),
                amount: money(amount),
            });
        }
        _ => panic!("cannot read {words:?}"),
    };
    world.lifecycle(about, event);
}

/// What the account has, and what the strategy holds of the line's instrument.
pub(crate) fn show_money(world: &mut World, reader: &mut Reader) {
    world.wait(0);
    let position = world.position(MARGIN_HAND, reader.about);
    let balances = world.account(MARGIN).balances();
    let balances = balances.map(|(id, balance)| {
        let locked = match balance.locked.is_zero() {
            true => String::new(),
            false => format!(" (locked {})", balance.locked),
        };
        format!("{} {}{locked}", balance.total, CURRENCIES[id.index()])
    });
    let balances: Vec<String> = balances.collect();
    reader.shown.push(format!(
        "{}; {} {}, cost {}, realized {}",
        balances.join(", "),
        symbol_of(reader.about),
        position.quantity,
        position.open_cost,
        position.realized
    ));
}

/// What came of it, where orders say nothing.
pub(crate) fn line(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Position(update) if update.change != PositionChange::Fill => Some(format!(
            "{} {} {}",
            symbol_of(update.instrument),
            update.state.quantity,
            update.change.name()
        )),
        Effect::CashFlow(flow) => Some(format!(
            "cash {} {} {}",
            flow.amount,
            CURRENCIES[flow.currency.index()],
            flow.reason.name()
        )),
        Effect::Margin(_, status) => Some(format!(
            "margin {}: equity {}, maintenance {}",
            status.state.name(),
            status.equity,
            status.maintenance
        )),
        Effect::Alert(Alert {
            severity,
            code,
            scope: LimitScope::Instrument(id),
            ..
        }) => Some(format!("alert {code} on {}: {severity:?}", symbol_of(*id))),
        Effect::Alert(Alert {
            severity,
            code: code @ model::DenyCode::Conversion,
            ..
        }) => Some(format!("alert {code}: {severity:?}")),
        _ => None,
    }
}
