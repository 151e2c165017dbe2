//! A made-up run of a year: trades by a small generator, everything else computed from them.

use model::{
    AccountId, Fill, InstrumentId, Liquidity, Money, OrderId, Price, Quantity, Side, StrategyId,
    Timestamp,
};
use quant::{Annual, EquityPoint, TradeBuilder, convert, equity, statistics};
use report::{Attribution, Costs, DataDescription, RunReport, TradeRow, curve};

const HOUR: u64 = 3_600_000_000_000;
/// 2023-11-06T00:00:00Z.
const START: u64 = 1_699_228_800_000_000_000;

/// X. Marsaglia's xorshift: numbers that look random and are the same everywhere.
struct Generator(u64);

impl Generator {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// The run, of `hours` hours.
pub(crate) fn sample(hours: u64) -> RunReport {
    let mut random = Generator(88_172_645_463_325_252);
    let mut builder = TradeBuilder::new();
    let (mut equity, mut trades) = (Money::whole(100_000).unwrap(), Vec::new());
    let mut points = vec![(Timestamp::from_nanos(START), equity)];
    let (mut price, mut side) = (1_100_000_000_i64, Side::Buy);
    for hour in 1..hours {
        let time = Timestamp::from_nanos(START + hour * HOUR);
        price += (i64::try_from(random.below(201)).unwrap() - 100) * 10_000;
        let price = Price::from_raw(price);
        builder.mark(InstrumentId::new(0), price);
        if hour % 9 == 0 {
            side = match (builder.open_count(), random.below(2)) {
                (0, 0) => Side::Buy,
                (0, _) => Side::Sell,
                (_, _) => side.opposite(),
            };
            let fill = fill(hour, side, price, time);
            if let Some(trade) = builder.apply(&fill, Quantity::ONE).unwrap() {
                equity = equity.checked_add(trade.pnl).unwrap();
                let (instrument, currency) = ("EUR/USD.SIM".to_owned(), "USD".to_owned());
                trades.push(TradeRow {
                    instrument,
                    currency,
                    trade,
                });
            }
        }
        points.push((time, equity));
    }
    assemble(points, trades)
}

fn fill(number: u64, side: Side, price: Price, time: Timestamp) -> Fill {
    Fill {
        execution: number,
        order: OrderId::from_number(number),
        strategy: StrategyId::new(0),
        account: AccountId::new(0),
        instrument: InstrumentId::new(0),
        position: None,
        side,
        price,
        quantity: Quantity::whole(100_000).unwrap(),
        fee: "2.2".parse().unwrap(),
        liquidity: Liquidity::Taker,
        ts_event: time,
    }
}

fn assemble(points: Vec<(Timestamp, Money)>, trades: Vec<TradeRow>) -> RunReport {
    let floats: Vec<EquityPoint> = points
        .iter()
        .map(|&(time, equity)| EquityPoint {
            time,
            equity: convert::money(equity),
        })
        .collect();
    let outcomes: Vec<_> = trades.iter().map(|row| row.trade.outcome(1.0)).collect();
    let sum = |amount: fn(&TradeRow) -> Money| {
        trades
            .iter()
            .try_fold(Money::ZERO, |sum, row| sum.checked_add(amount(row)))
            .unwrap()
    };
    let fees = sum(|row| row.trade.fees);
    let part = |name: &str, tenths: i64| Attribution {
        instrument: name.to_owned(),
        trades: trades.len(),
        pnl: sum(|row| row.trade.pnl)
            .prorated(i128::from(tenths), 10)
            .unwrap(),
        fees,
        traded_value: sum(|row| row.trade.traded_value),
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    RunReport {
        title: "EMA crossover on EUR/USD".to_owned(),
        strategy: "ema-cross 1.2.0".to_owned(),
        parameters: vec![
            pair("fast", "10"),
            pair("slow", "20"),
            pair("quantity", "100000"),
        ],
        data: vec![DataDescription {
            file: "data/eurusd-2023-11.csv.gz".to_owned(),
            kind: "quotes".to_owned(),
            instrument: "EUR/USD.SIM".to_owned(),
            events: 1_000_000,
            skipped_rows: 3,
        }],
        period: Some((points[0].0, points[points.len() - 1].0)),
        counters: vec![
            pair("Events", "1,000,000"),
            pair("Orders", "973"),
            pair("Denied", "0"),
        ],
        warnings: vec!["3 of 1,000,003 rows of data were skipped".to_owned()],
        journal_hash: "7a9c40d2f1b35e886c0d9b1f5a2e7734c1d00f9e8b6a5d4c3b2a190807f6e5d4".to_owned(),
        currency: "USD".to_owned(),
        currency_digits: 2,
        start_equity: points[0].1,
        end_equity: points[points.len() - 1].1,
        statistics: statistics(&floats, &outcomes, Annual::default()),
        curve: curve(&points, 1_500),
        months: equity::monthly_returns(&floats),
        attribution: vec![part("EUR/USD.SIM", 12), part("GBP/USD.SIM", -2)],
        costs: Costs {
            fees: Some(fees),
            spread: None,
            slippage: Some(Money::ZERO),
        },
        trades_total: trades.len(),
        trades,
    }
}
