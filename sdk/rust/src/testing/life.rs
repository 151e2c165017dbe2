//! What happens without a trade to a strategy under test.

use super::Harness;
use crate::{
    CashFlow, CashFlowReason, Duration, InstrumentId, LifeEvent, LifeEventKind, Money, OrderChange,
    OrderId, OrderStatus, Price, Quantity, Rate, Side, Strategy, Subscription,
};

impl<S: Strategy> Harness<S> {
    /// Something happens to an instrument, a millisecond after the event before, with what follows
    /// from it: the strategy is told as a host would tell it, money moves, and then its position.
    ///
    /// Money is reckoned at the midpoint of the market and as on a margin account. A dividend is in the
    /// instrument's own currency, options do not end here, and a split withdraws the open orders on the
    /// instrument: send what a host does otherwise by [`Self::send_life_event`] and
    /// [`Self::send_cash_flow`].
    pub fn happens(&mut self, instrument: InstrumentId, kind: LifeEventKind) {
        self.pass(Duration::from_millis(1));
        let event = LifeEvent {
            instrument,
            kind,
            ts_event: self.now(),
        };
        let concerns = self.concerns(instrument);
        let open = self.open_on(instrument);
        // As in the engine: money and positions move at once, and what a strategy does when it hears
        // of it comes afterwards.
        let moved = self.take_effect(instrument, &event.kind);
        if concerns {
            self.tell_life(&event);
        }
        match event.kind {
            LifeEventKind::Expiry => self.end_all(&open, OrderStatus::Expired),
            LifeEventKind::Split { .. } => self.end_all(&open, OrderStatus::Canceled),
            _ => {}
        }
        if let Some((reason, amount)) = moved {
            self.tell_moved(instrument, reason, amount);
        }
    }

    /// Something happens to an instrument, as it stands and without what follows from it. The strategy
    /// is told where it has a position or an open order on it, or asked for its data.
    pub fn send_life_event(&mut self, event: &LifeEvent) {
        self.reach(event.ts_event);
        if self.concerns(event.instrument) {
            self.tell_life(event);
        }
    }

    /// Money moves without a trade, as it stands; the position stays.
    pub fn send_cash_flow(&mut self, flow: &CashFlow) {
        self.reach(flow.ts_event);
        self.runner.on_cash_flow(flow, &mut self.desk);
        self.settle();
    }

    fn tell_life(&mut self, event: &LifeEvent) {
        self.runner.on_lifecycle(event, &mut self.desk);
        self.settle();
    }

    fn concerns(&self, instrument: InstrumentId) -> bool {
        let mut wanted = self.subscriptions().iter();
        wanted.any(|subscription| {
            let (Subscription::Quotes(of)
            | Subscription::Trades(of)
            | Subscription::Bars(of, _)
            | Subscription::Book(of, _)) = subscription;
            *of == instrument
        }) || !self.open_on(instrument).is_empty()
            || self.held(instrument) != 0
    }

    fn held(&self, instrument: InstrumentId) -> i128 {
        let ledger = self.ledgers.get(&instrument);
        ledger.map_or(0, |ledger| ledger.signed())
    }

    fn open_on(&self, instrument: InstrumentId) -> Vec<OrderId> {
        let open = self.open_orders().into_iter();
        let here = open.filter(|sent| sent.order.instrument == instrument);
        here.map(|sent| sent.id).collect()
    }

    /// Books what follows for the position, if there is one; gives the money that moved and why.
    fn take_effect(
        &mut self,
        instrument: InstrumentId,
        kind: &LifeEventKind,
    ) -> Option<(CashFlowReason, Money)> {
        if self.held(instrument) == 0 {
            return None;
        }
        match kind {
            LifeEventKind::Funding { rate } => {
                let amount = self.funding(instrument, *rate);
                Some((CashFlowReason::Funding, self.pay(instrument, amount)))
            }
            LifeEventKind::Dividend { amount, currency } => {
                let amount = self.dividend(instrument, *amount, currency);
                Some((CashFlowReason::Dividend, self.pay(instrument, amount)))
            }
            LifeEventKind::Settlement { price } => Some((
                CashFlowReason::Settlement,
                self.close_out(instrument, *price),
            )),
            LifeEventKind::Split {
                numerator,
                denominator,
            } => {
                let rest = self.split(instrument, (*numerator, *denominator));
                Some((CashFlowReason::Split, rest))
            }
            LifeEventKind::FinalPrice { .. } | LifeEventKind::Expiry => None,
        }
    }

    fn funding(&self, instrument: InstrumentId, rate: Rate) -> Money {
        let value = self.notional(instrument, self.held(instrument) * self.mark(instrument));
        let paid = rounded(value * i128::from(rate.raw()), i128::from(Rate::SCALE));
        Money::from_raw(-paid)
    }

    fn dividend(&self, instrument: InstrumentId, amount: Money, currency: &str) -> Money {
        let own = self.currency(instrument);
        assert!(
            currency == own,
            "the harness has no exchange rates: pay dividends in {own}, or send the flow by \
             send_cash_flow"
        );
        let whole = self.held(instrument) * amount.raw();
        Money::from_raw(rounded(whole, i128::from(Quantity::SCALE)))
    }

    fn pay(&mut self, instrument: InstrumentId, amount: Money) -> Money {
        self.ledgers.entry(instrument).or_default().pay(amount);
        amount
    }

    /// Gives what the end brought.
    fn close_out(&mut self, instrument: InstrumentId, at: Price) -> Money {
        let signed = self.held(instrument);
        let side = if signed > 0 { Side::Sell } else { Side::Buy };
        let quantity = u64::try_from(signed.abs()).unwrap_or(u64::MAX);
        let before = self.position_on(instrument).realized;
        let ledger = self.ledgers.entry(instrument).or_default();
        ledger.apply(side, Quantity::from_raw(quantity), at);
        self.position_on(instrument).realized - before
    }

    /// Gives what the rest brought that made no whole lot.
    fn split(&mut self, instrument: InstrumentId, ratio: (u32, u32)) -> Money {
        assert!(
            ratio.0 > 0 && ratio.1 > 0,
            "a split has two positive numbers, not {ratio:?}"
        );
        let mark = self.markets.get(&instrument);
        let mark = mark.map_or(Price::ZERO, |market| market.bid.midpoint(market.ask));
        let known = self.setup.instrument_of(instrument);
        let lot = known.map_or(Quantity::from_raw(1), |known| known.lot);
        let ledger = self.ledgers.entry(instrument).or_default();
        let rest = ledger.split(ratio, lot, mark);
        Money::from_raw(self.notional(instrument, rest))
    }

    fn end_all(&mut self, orders: &[OrderId], status: OrderStatus) {
        let change = match status {
            OrderStatus::Expired => OrderChange::Expired,
            _ => OrderChange::Canceled,
        };
        for id in orders {
            // What the strategy did, or the end of an earlier one, may have ended this one.
            if !self.sent(*id).status.is_closed() {
                self.end(*id, change, status);
            }
        }
        self.settle();
    }

    /// Tells of money, where it moved, and then of the position.
    fn tell_moved(&mut self, instrument: InstrumentId, reason: CashFlowReason, amount: Money) {
        if amount != Money::ZERO {
            let flow = CashFlow {
                reason,
                instrument: Some(instrument),
                currency: self.currency(instrument),
                amount,
                ts_event: self.now(),
            };
            self.runner.on_cash_flow(&flow, &mut self.desk);
        }
        let position = self.position_on(instrument);
        self.runner.on_position(&position, &mut self.desk);
        self.settle();
    }

    fn currency(&self, instrument: InstrumentId) -> String {
        let known = self.setup.instrument_of(instrument);
        known.map_or_else(String::new, |known| known.quote_currency.clone())
    }

    /// The midpoint of the market, in units of price.
    fn mark(&self, instrument: InstrumentId) -> i128 {
        let market = self.markets.get(&instrument);
        let market = market.unwrap_or_else(|| {
            panic!("{instrument:?} has no price yet: send a quote, a trade or a bar first")
        });
        i128::from(market.bid.midpoint(market.ask).raw())
    }

    /// What price units times quantity units are in units of money.
    fn notional(&self, instrument: InstrumentId, value: i128) -> i128 {
        let known = self.setup.instrument_of(instrument);
        let multiplier = known.map_or(Quantity::ONE, |known| known.multiplier);
        let scale = i128::from(Quantity::SCALE);
        rounded(value * i128::from(multiplier.raw()), scale * scale)
    }
}

/// A quotient of which the divisor is positive, rounded half to even.
fn rounded(dividend: i128, divisor: i128) -> i128 {
    let (whole, rest) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Setup, equity, price};
    use crate::{Config, Context, Description, OrderEvent, Position};

    /// Buys ten at its start, leaves an order behind, and writes down what it hears.
    struct Holder {
        instrument: InstrumentId,
    }

    impl Strategy for Holder {
        fn describe() -> Description {
            Description::new("holder", "1", "").with_instrument()
        }

        fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
            let instrument = config.instrument()?.id;
            context.subscribe_quotes(instrument);
            Ok(Self { instrument })
        }

        fn on_quote(&mut self, _: &crate::Quote, context: &mut Context<'_>) {
            if context.position(self.instrument).is_flat() {
                context.market(self.instrument, Side::Buy, Quantity::whole(10));
                let limit = price("1");
                context.limit(self.instrument, Side::Buy, Quantity::ONE, limit);
            }
        }

        fn on_order_event(&mut self, event: &OrderEvent, context: &mut Context<'_>) {
            if event.status.is_closed() {
                context.info(format_args!("{:?}", event.status));
            }
        }

        fn on_position(&mut self, position: &Position, context: &mut Context<'_>) {
            let (held, realized) = (position.quantity, position.realized);
            context.info(format_args!("holds {held}, made {realized}"));
        }

        fn on_cash_flow(&mut self, flow: &CashFlow, context: &mut Context<'_>) {
            let (reason, amount) = (flow.reason, flow.amount);
            context.info(format_args!("{reason:?} {amount} {}", flow.currency));
        }

        fn on_lifecycle(&mut self, event: &LifeEvent, context: &mut Context<'_>) {
            let held = context.position(self.instrument).quantity;
            context.info(format_args!("{:?} on {held}", event.kind));
        }
    }

    /// What it writes down after it bought ten at 100 and this happened.
    fn check(kind: LifeEventKind, expect: &[&str]) {
        let setup = Setup::new().instrument(equity("ACME", "0.01")).fills();
        let mut test = setup.start::<Holder>().unwrap();
        test.quote("100", "100");
        let before = test.log().len();
        test.happens(InstrumentId::default(), kind);
        let said = test.log()[before..].iter().map(|line| line.text.as_str());
        assert_eq!(said.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn longs_pay_funding_and_are_paid_dividends() {
        let rate = "0.0001".parse().unwrap();
        check(
            LifeEventKind::Funding { rate },
            &[
                "Funding { rate: 0.0001 } on 10",
                "Funding -0.1 USD",
                "holds 10, made -0.1",
            ],
        );
        let (amount, currency) = ("0.35".parse().unwrap(), "USD".to_owned());
        check(
            LifeEventKind::Dividend { amount, currency },
            &[
                "Dividend { amount: 0.35, currency: \"USD\" } on 10",
                "Dividend 3.5 USD",
                "holds 10, made 3.5",
            ],
        );
    }

    #[test]
    fn an_end_expires_orders_and_closes_at_the_final_price() {
        check(LifeEventKind::Expiry, &["Expiry on 10", "Expired"]);
        check(
            LifeEventKind::FinalPrice { price: price("90") },
            &["FinalPrice { price: 90 } on 10"],
        );
        check(
            LifeEventKind::Settlement { price: price("90") },
            &[
                "Settlement { price: 90 } on 10",
                "Settlement -100 USD",
                "holds 0, made -100",
            ],
        );
    }

    #[test]
    fn a_split_counts_in_new_shares_and_pays_what_is_left_over() {
        let split = |numerator, denominator| LifeEventKind::Split {
            numerator,
            denominator,
        };
        check(
            split(2, 1),
            &[
                "Split { numerator: 2, denominator: 1 } on 10",
                "Canceled",
                "holds 20, made 0",
            ],
        );
        // Ten become two and a half: the half is two old ones, which cost what they bring.
        check(
            split(1, 4),
            &[
                "Split { numerator: 1, denominator: 4 } on 10",
                "Canceled",
                "Split 200 USD",
                "holds 2, made 0",
            ],
        );
    }

    #[test]
    fn whoever_has_nothing_to_do_with_an_instrument_hears_nothing_of_it() {
        let setup = Setup::new()
            .instrument(equity("ACME", "0.01"))
            .instrument(equity("OTHER", "0.01"))
            .fills();
        let mut test = setup.start::<Holder>().unwrap();
        test.happens(InstrumentId::new(1), LifeEventKind::Expiry);
        assert!(test.log().is_empty());
        // It asked for quotes of this one, and holds nothing.
        test.happens(InstrumentId::default(), LifeEventKind::Expiry);
        assert_eq!(test.log().len(), 1);
    }

    #[test]
    fn halves_are_rounded_to_the_even_unit() {
        let all = [-5, -3, -2, -1, 0, 1, 3, 5, 7].map(|dividend| rounded(dividend, 2));
        assert_eq!(all, [-2, -2, -1, 0, 0, 0, 2, 2, 4]);
    }
}
