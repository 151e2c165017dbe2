//! What commands that read market data share: how files are read, from when to when, and a bar that
//! shows how far it is.

use crate::config::Span;
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use model::number::Excess;
use model::time::NANOS_PER_DAY;
use model::{BarBasis, BarSpec, InstrumentId, Timestamp};
use store::catalog::{Range, SeriesKey};
use store::{BarLabel, ColumnMap, DataKind, DataSource, Header, OnBadRow, TimeFormat};

/// How the files are read.
#[derive(Debug, Args)]
pub(super) struct ReadingArguments {
    /// What the files hold, where it cannot be told from their columns: quotes, trades, bars or books.
    #[arg(long)]
    kind: Option<DataKind>,
    /// Which column is what, by name or by position from 0: bid=BidPrice, time=0
    #[arg(long, value_name = "FIELD=COLUMN")]
    column: Vec<String>,
    /// How times are written: auto, s, ms, us, ns, iso, day-ms, or a pattern like %Y%m%d %H%M%S
    #[arg(long, default_value = "auto")]
    time: TimeFormat,
    /// By how many seconds the files' clock is ahead of UTC.
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    utc_offset_s: i32,
    /// The files have no header.
    #[arg(long)]
    no_header: bool,
    /// What separates the fields.
    #[arg(long)]
    delimiter: Option<char>,
    /// Read only the rows of this symbol.
    #[arg(long)]
    symbol: Option<String>,
    /// The bars' length and basis, where it does not follow from the data: 60s or 60s-last
    #[arg(long, value_name = "LENGTH[-BASIS]")]
    bar: Option<String>,
    /// Bars carry the time of their end instead of their start.
    #[arg(long)]
    bar_end: bool,
    /// Round prices and sizes with more digits than can be held, instead of refusing them.
    #[arg(long)]
    round: bool,
    /// Leave out up to so many bad rows, and say so.
    #[arg(long, value_name = "COUNT")]
    skip_bad: Option<u64>,
}

impl ReadingArguments {
    /// The way to read a file, without the file.
    pub(super) fn source(&self) -> Result<DataSource> {
        source(self)
    }

    /// Whether `--kind` and `--bar`, where they are given, choose a series of a catalog.
    pub(super) fn wants(&self, key: &SeriesKey) -> bool {
        let bars = self.bar.as_deref();
        let bars = bars.and_then(|text| bar_spec("--bar", text).ok());
        self.kind.is_none_or(|kind| kind == key.kind) && (bars.is_none() || bars == key.bars)
    }
}

fn source(reading: &ReadingArguments) -> Result<DataSource> {
    let mut columns = ColumnMap::new();
    for mapping in &reading.column {
        columns
            .set(mapping)
            .with_context(|| format!("--column {mapping}"))?;
    }
    let delimiter = reading
        .delimiter
        .map(|c| u8::try_from(c).context("--delimiter: one byte"));
    let bar = reading.bar.as_deref();
    let bar = bar.map(|text| bar_spec("--bar", text));
    let excess = if reading.round {
        Excess::Round
    } else {
        Excess::Refuse
    };
    Ok(DataSource {
        kind: reading.kind,
        columns,
        time: reading.time.clone(),
        utc_offset_s: reading.utc_offset_s,
        delimiter: delimiter.transpose()?,
        header: if reading.no_header {
            Header::Absent
        } else {
            Header::Auto
        },
        bar: bar.transpose()?,
        bar_label: if reading.bar_end {
            BarLabel::End
        } else {
            BarLabel::Start
        },
        symbol: reading.symbol.clone(),
        price_excess: excess,
        size_excess: excess,
        on_bad_row: reading
            .skip_bad
            .map_or(OnBadRow::Fail, |max| OnBadRow::Skip { max }),
        ..DataSource::new("", InstrumentId::new(0))
    })
}

/// A rule of time bars that an option gives: `60s`, `60s-bid`, `1d`.
pub(super) fn bar_spec(option: &str, text: &str) -> Result<BarSpec> {
    let (length, basis) = text.split_once('-').unwrap_or((text, "last"));
    let basis = match basis {
        "bid" => BarBasis::Bid,
        "ask" => BarBasis::Ask,
        "mid" => BarBasis::Mid,
        "last" => BarBasis::Last,
        other => bail!("{option} {text}: `{other}` is none of bid, ask, mid, last"),
    };
    let days = length
        .strip_suffix('d')
        .and_then(|days| days.parse::<u64>().ok());
    let nanos = match days {
        Some(days) => days.checked_mul(NANOS_PER_DAY).unwrap_or(0),
        None => {
            let length = length.parse::<Span>();
            let length = length.map_err(|reason| anyhow!("{option} {text}: {reason}, or 1d"))?;
            length.0.nanos()
        }
    };
    let spec = BarSpec {
        method: model::BarMethod::Time(nanos),
        basis,
    };
    if !spec.is_valid() {
        bail!("{option} {text}: no bar is that long");
    }
    Ok(spec)
}

/// A moment that an option gives.
pub(super) fn moment(option: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    text.map(|text| {
        store::parse_iso(text)
            .with_context(|| format!("{option} {text}: write a date or 2024-01-31T09:30:00Z"))
    })
    .transpose()
}

/// The stretch of time between `--from` and `--to`.
pub(super) fn range(from: Option<&str>, to: Option<&str>) -> Result<Range> {
    let range = Range {
        from: moment("--from", from)?.unwrap_or(Range::ALL.from),
        to: moment("--to", to)?.unwrap_or(Range::ALL.to),
    };
    if range.from >= range.to {
        bail!("--from must be before --to");
    }
    Ok(range)
}

/// A bar on a terminal, nothing elsewhere.
pub(super) fn progress_bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} % {per_sec} {eta}");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
