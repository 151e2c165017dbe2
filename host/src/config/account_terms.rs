//! What an account of a backtest is beside its money, in one line of text: the keys of `[[account]]` that a running
//! host has, read as it reads them.

use super::account_rules::account_rules;
use super::build::Problem;
use super::hedging::hedging;
use super::{AccountSection, AccountSort};
use model::{AccountRules, HedgeMargin};
use toml::{Table, Value};

/// The keys that may be given. Money, leverage and the kind have options of their own.
const KEYS: [&str; 7] = [
    "hedging",
    "hedge_margin",
    "delivers",
    "converts_debts",
    "margin_call.call",
    "margin_call.liquidate",
    "margin_call.grace",
];
/// How keys of `[account.margin_call]` begin.
const MARGIN_CALL: &str = "margin_call";

/// Whether an account holds several positions at once, and what it agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountTerms {
    /// What several positions in one instrument put up margin for; one position only when `None`.
    pub hedging: Option<HedgeMargin>,
    /// Delivery, debts and margin calls.
    pub rules: AccountRules,
}

impl AccountTerms {
    /// Reads `KEY=VALUE[,KEY=VALUE]` for an account of a kind.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn parse(text: &str, kind: AccountSort) -> Result<Self, String> {
        let section = section(text, kind)?;
        let told = |(key, reason): Problem| format!("{key}: {reason}");
        Ok(Self {
            hedging: hedging(&section).map_err(told)?,
            rules: account_rules(&section).map_err(told)?,
        })
    }
}

/// The section that the text is part of.
fn section(text: &str, kind: AccountSort) -> Result<AccountSection, String> {
    let (mut account, mut call) = (Table::new(), Table::new());
    for part in text.split(',') {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| format!("`{part}` is not key=value"))?;
        let (key, value) = (key.trim(), value.trim());
        if !KEYS.contains(&key) {
            return Err(format!("`{key}` is none of {}", KEYS.join(", ")));
        }
        let value = match value {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            text => Value::String(text.to_owned()),
        };
        let nested = key.strip_prefix(MARGIN_CALL);
        let before = match nested.and_then(|rest| rest.strip_prefix('.')) {
            Some(level) => call.insert(level.to_owned(), value),
            None => account.insert(key.to_owned(), value),
        };
        if before.is_some() {
            return Err(format!("`{key}` is given twice"));
        }
    }
    if !call.is_empty() {
        account.insert(MARGIN_CALL.to_owned(), Value::Table(call));
    }
    let kind = match kind {
        AccountSort::Cash => "cash",
        AccountSort::Margin => "margin",
    };
    // What the section needs, and nothing of which is looked at here.
    for (key, value) in [("name", ""), ("kind", kind), ("base_currency", "")] {
        account.insert(key.to_owned(), Value::String(value.to_owned()));
    }
    account.insert("deposits".to_owned(), Value::Table(Table::new()));
    serde_path_to_error::deserialize(Value::Table(account)).map_err(|error| {
        let reason = error.inner().message().replace('\n', " ");
        format!("{}: {reason}", error.path())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Duration, Rate};

    #[test]
    fn an_account_is_what_its_keys_say() {
        let parse = |text: &str| AccountTerms::parse(text, AccountSort::Margin).unwrap();
        let hedging = parse("hedging=true, hedge_margin=net");
        assert_eq!(hedging.hedging, Some(HedgeMargin::Net));
        assert_eq!(hedging.rules, AccountRules::default());
        let rules = parse("converts_debts=true,margin_call.call=1.5,margin_call.grace=10min").rules;
        assert!(rules.converts_debts && !rules.delivers);
        let call = rules.margin_call.unwrap();
        assert_eq!(call.call, "1.5".parse::<Rate>().unwrap());
        assert_eq!(call.liquidate, "0.5".parse::<Rate>().unwrap());
        assert_eq!(call.grace, Duration::from_secs(600));
        assert_eq!(parse("hedging=false"), AccountTerms::default());
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let check = |text: &str, kind: AccountSort, expect: &str| {
            let reason = AccountTerms::parse(text, kind).unwrap_err();
            assert!(reason.contains(expect), "{text}: {reason}");
        };
        let margin = AccountSort::Margin;
        check("", margin, "is not key=value");
        check("hedging", margin, "is not key=value");
        check("leverage=3", margin, "`leverage` is none of hedging");
        check("hedging=maybe", margin, "hedging: ");
        check("hedging=true,hedging=true", margin, "given twice");
        check("hedge_margin=net", margin, "hedge_margin: ");
        check("hedge_margin=much", margin, "hedge_margin: ");
        check("margin_call.call=much", margin, "margin_call.call: ");
        check("margin_call.liquidate=2", margin, "at most `call`");
        check("hedging=true", AccountSort::Cash, "hedging: a cash account");
        check(
            "margin_call.call=1",
            AccountSort::Cash,
            "margin_call: a cash",
        );
    }
}
