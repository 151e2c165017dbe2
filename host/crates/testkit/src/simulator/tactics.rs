//! What each of the five strategies does: takes, makes and amends, enters with a bracket, reduces,
//! and works by timers.

use super::dice::Dice;
use super::setup::{Grid, grid};
use super::strategies::{Having, Own};
use super::watch::Watch;
use model::{
    Amendment, Duration, Event, Intent, Intents, Links, Offset, OrderKind, OrderRequest, PeerRule,
    Peers, Price, Quantity, Side, TimeInForce, Trail, Trigger, TriggerBy,
};

/// Open orders of one strategy beyond which it makes no more.
const MANY: usize = 25;

/// What a strategy acts with during one call.
pub(super) struct Hand<'a> {
    pub(super) dice: Dice,
    /// How often it acts: so many times of so many that it usually does.
    pub(super) pace: (u64, u64),
    pub(super) having: &'a Having,
    pub(super) watch: &'a mut Watch,
    pub(super) out: &'a mut Intents,
}

/// An instrument with its price at the moment.
#[derive(Clone, Copy)]
struct Spot {
    grid: Grid,
    ticks: i64,
}

impl Hand<'_> {
    /// Does what strategy `number` does at an event.
    pub(super) fn act(&mut self, number: u32, event: &Event) {
        if let Event::Timer { .. } = event {
            return self.on_timer();
        }
        let Some(spot) = spot(event) else {
            return;
        };
        if self.having.orders.len() >= MANY && self.dice.chance(1, 10) {
            return self.tidy();
        }
        match number {
            0 if self.acts(8) => self.take(spot),
            1 if self.acts(12) => self.make(spot),
            2 if self.acts(80) => self.bracket(spot),
            3 if self.acts(8) => self.reduce(spot),
            4 if self.acts(40) => self.wait(spot),
            _ => {}
        }
    }

    /// Whether it does what it usually does once in so many events.
    fn acts(&mut self, once_in: u64) -> bool {
        let (times, of) = self.pace;
        self.dice.chance(times, once_in.saturating_mul(of))
    }

    /// Withdraws what is on one of its instruments.
    fn tidy(&mut self) {
        if let Some(own) = self.having.any_order(&mut self.dice) {
            self.out.push(Intent::CancelAll(own.instrument));
        }
    }

    fn take(&mut self, spot: Spot) {
        let kind = self.dice.one_of([
            OrderKind::Market,
            OrderKind::Market,
            OrderKind::MarketToLimit,
        ]);
        let side = self.towards_zero(spot);
        let request = self.request(spot, side, kind);
        let lasting = self
            .dice
            .one_of([TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok]);
        // What the market leaves of it as a limit order may rest.
        let resting = matches!(kind, OrderKind::MarketToLimit);
        let lasting = if resting { TimeInForce::Gtc } else { lasting };
        self.out.submit(request.lasting(lasting));
    }

    fn make(&mut self, spot: Spot) {
        let own = self.having.any_order(&mut self.dice);
        match (self.dice.below(6), own) {
            (0 | 1, Some(own)) => self.amend(own, spot),
            (2, Some(own)) => self.out.push(Intent::Cancel(own.id)),
            _ if self.having.orders.len() < MANY => {
                let side = self.dice.one_of([Side::Buy, Side::Sell]);
                let away = ticks_below(&mut self.dice, 12);
                let price = spot.away(side, away);
                let mut request = self.request(spot, side, OrderKind::Limit { price });
                request.terms.post_only = self.dice.chance(1, 4);
                if self.dice.chance(1, 8) {
                    request.terms.display = Some(spot.grid.lots(1));
                }
                self.out.submit(request);
            }
            _ => self.tidy(),
        }
    }

    fn amend(&mut self, own: Own, spot: Spot) {
        if own.instrument != spot.grid.instrument {
            return;
        }
        let away = ticks_below(&mut self.dice, 10);
        let lots = 1 + self.dice.below(20);
        let amendment = Amendment {
            order: own.id,
            quantity: self.dice.chance(1, 2).then(|| spot.grid.lots(lots)),
            price: Some(spot.away(own.side, away)),
            trigger: None,
        };
        self.out.push(Intent::Modify(amendment));
    }

    /// An entry, and once it is filled a target and a stop of which one cancels the other.
    fn bracket(&mut self, spot: Spot) {
        if self.having.orders.len() >= MANY {
            return self.tidy();
        }
        let side = self.dice.one_of([Side::Buy, Side::Sell]);
        let price = spot.away(side, 2);
        let kind = self
            .dice
            .one_of([OrderKind::Market, OrderKind::Limit { price }]);
        let entry = self.request(spot, side, kind);
        let rule = self.dice.one_of([PeerRule::Cancel, PeerRule::Reduce]);
        let exit = |kind| {
            let mut exit =
                OrderRequest::new(entry.instrument, side.opposite(), kind, entry.quantity);
            exit.terms.reduce_only = true;
            exit.terms.links = Links {
                parent: Some(0),
                peers: Some(Peers { group: 1, rule }),
            };
            exit
        };
        let target = exit(OrderKind::Limit {
            price: spot.away(side.opposite(), 15),
        });
        let stop = exit(OrderKind::stop_market(spot.away(side, 15)));
        self.out.submit_list(vec![entry, target, stop]);
    }

    fn reduce(&mut self, spot: Spot) {
        let position = self.having.position(spot.grid.instrument);
        if !position.is_long() && !position.is_short() {
            let side = self.dice.one_of([Side::Buy, Side::Sell]);
            let request = self.request(spot, side, OrderKind::Market);
            self.out.submit(request);
            return;
        }
        let side = if position.is_long() {
            Side::Sell
        } else {
            Side::Buy
        };
        let quantity = position.magnitude().unwrap_or(Quantity::ZERO);
        let trail = Trail {
            offset: Offset::Ticks(20),
            activation: None,
            by: TriggerBy::BidAsk,
        };
        let price = spot.away(side, 5);
        let trigger = Trigger::at(spot.away(side.opposite(), 10));
        let kind = self.dice.one_of([
            OrderKind::Market,
            OrderKind::Limit { price },
            OrderKind::StopMarket { trigger },
            OrderKind::StopLimit {
                trigger,
                price: spot.away(side.opposite(), 12),
            },
            OrderKind::TrailingStopMarket { trail },
        ]);
        if self.having.orders.len() >= MANY {
            return self.tidy();
        }
        let mut request = OrderRequest::new(spot.grid.instrument, side, kind, quantity);
        request.terms.reduce_only = true;
        self.out.submit(request);
    }

    /// Orders that last for a while, and a timer to look after them.
    fn wait(&mut self, spot: Spot) {
        let now = self.out.now();
        let id = self.dice.below(8);
        let delay = Duration::from_millis(1 + self.dice.below(20_000));
        match self.dice.below(5) {
            0 => self.watch.cancel(id, self.out),
            _ => self.watch.set(id, now.after(delay), self.out),
        }
        if self.having.orders.len() >= MANY {
            return;
        }
        let side = self.towards_zero(spot);
        let away = ticks_below(&mut self.dice, 8) - 4;
        let price = spot.away(side, away);
        let lasting = self.dice.one_of([
            TimeInForce::Day,
            TimeInForce::Ioc,
            TimeInForce::Gtd(now.after(delay)),
            TimeInForce::Gtd(now.after(Duration::from_millis(40))),
        ]);
        let request = self.request(spot, side, OrderKind::Limit { price });
        self.out.submit(request.lasting(lasting));
    }

    fn on_timer(&mut self) {
        let Some(own) = self.having.any_order(&mut self.dice) else {
            return;
        };
        match self.dice.below(3) {
            0 => self.out.push(Intent::CancelAll(own.instrument)),
            1 => self.out.push(Intent::Cancel(own.id)),
            _ => {
                // An order may be amended before the venue has it, or once it is gone.
                let amendment = Amendment {
                    order: own.id,
                    quantity: Some(own.remaining),
                    price: None,
                    trigger: None,
                };
                self.out.push(Intent::Modify(amendment));
            }
        }
    }

    fn request(&mut self, spot: Spot, side: Side, kind: OrderKind) -> OrderRequest {
        let lots = 1 + self.dice.below(20);
        OrderRequest::new(spot.grid.instrument, side, kind, spot.grid.lots(lots))
    }

    /// Mostly the side that brings a position back, so that positions stay bounded.
    fn towards_zero(&mut self, spot: Spot) -> Side {
        let position = self.having.position(spot.grid.instrument);
        let any = self.dice.one_of([Side::Buy, Side::Sell]);
        if self.dice.chance(1, 3) {
            any
        } else if position.is_long() {
            Side::Sell
        } else {
            Side::Buy
        }
    }
}

impl Spot {
    /// A price on the passive side of the market: below it for a buyer.
    fn away(&self, side: Side, ticks: i64) -> Price {
        match side {
            Side::Buy => self.grid.price(self.ticks - ticks),
            Side::Sell => self.grid.price(self.ticks + ticks),
        }
    }
}

fn spot(event: &Event) -> Option<Spot> {
    let (instrument, price) = match event {
        Event::Quote(quote) => (quote.instrument, quote.bid),
        Event::Trade(trade) => (trade.instrument, trade.price),
        _ => return None,
    };
    let grid = grid(instrument.number());
    let ticks = grid.ticks(price);
    Some(Spot { grid, ticks })
}

fn ticks_below(dice: &mut Dice, end: u64) -> i64 {
    i64::try_from(dice.below(end)).unwrap_or(0)
}
