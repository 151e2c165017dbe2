//! The configuration of the host under load: a simulated market that moves steadily, and a strategy that
//! trades a bit.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Instruments of the market. Many, so that two quotes of one seldom come at once: the later of them would
/// replace the earlier.
const INSTRUMENTS: u32 = 16;
/// Share of a simulated market's events that are quotes; the others are trades, which are not streamed.
const QUOTE_SHARE: f64 = 0.8;
/// A session of a simulated market in seconds, from the epoch on, and its activity at its ends and in the middle.
const SESSION_S: u64 = 23_400;
const MOST_ACTIVITY: f64 = 2.2;
const LEAST_ACTIVITY: f64 = 0.4;
/// Quotes of one instrument after which the strategy trades.
const TRADES_EVERY: u32 = 20;

/// The instrument that orders by hand are for.
pub(super) const TRADED: &str = "L00.SIM";

/// What kind of host to start.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The program.
    pub program: PathBuf,
    /// Where built plugins are.
    pub plugins: PathBuf,
    /// Most WebSocket connections that it takes.
    pub connections: u32,
    /// Quotes per second, of all instruments together.
    pub quotes: u32,
    /// When the journal is forced onto the disk: `never`, `interval` or `commit`.
    pub fsync: String,
}

impl Setting {
    /// The file's text, for a host that keeps its files in `folder` and starts at `now`, a time since the epoch.
    pub(super) fn text(&self, folder: &Path, now: Duration) -> String {
        let mut text = format!(
            "[host]\nlisten = \"127.0.0.1:0\"\ndata_dir = '{}'\nplugin_dir = '{}'\nfsync = \"{}\"\n\n\
             [api]\nmax_connections = {}\n\n\
             [feed]\nkind = \"simulated\"\nseed = 7\nhistory_minutes = 0\n\n\
             [[venue]]\nname = \"SIM\"\n\n",
            folder.join("data").display(),
            self.plugins.display(),
            self.fsync,
            self.connections,
        );
        let rate = self.rate(now);
        for number in 0..INSTRUMENTS {
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "[[instrument]]\nsymbol = \"L{number:02}.SIM\"\nclass = \"fx_pair\"\nbase = \"EUR\"\nquote = \"USD\"\n\
                 tick = \"0.00001\"\nlot = \"1000\"\ninitial_margin = \"0.03\"\n\
                 simulation = {{ start_price = \"1.08500\", volatility = 0.12, spread_ticks = 6.0, \
                 size_lots = 800.0, events_per_second = {rate:.3} }}\n\n"
            );
        }
        let _ = write!(
            text,
            "[[account]]\nname = \"load\"\nkind = \"margin\"\nbase_currency = \"USD\"\n\
             deposits = {{ USD = \"1000000000\" }}\n\n\
             [limits]\nmax_open_orders = 10000\nmax_messages = 1000000\nmessage_window = \"1s\"\n\n\
             [[strategy]]\nname = \"every\"\nplugin = \"order-every.wasm\"\n\
             parameters = {{ instrument = \"L01.SIM\", quantity = \"1000\", every = \"{TRADES_EVERY}\" }}\n"
        );
        text
    }

    /// Events per second of each instrument on an average of its session, so that there are as many quotes
    /// now as are wanted: a market is busier at the ends of its session than in the middle.
    fn rate(&self, now: Duration) -> f64 {
        let through = Duration::from_secs(now.as_secs() % SESSION_S).as_secs_f64()
            / Duration::from_secs(SESSION_S).as_secs_f64();
        let from_middle = 2.0 * through - 1.0;
        let activity =
            LEAST_ACTIVITY + (MOST_ACTIVITY - LEAST_ACTIVITY) * from_middle * from_middle;
        f64::from(self.quotes) / (QUOTE_SHARE * activity * f64::from(INSTRUMENTS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting() -> Setting {
        Setting {
            program: "argonaut".into(),
            plugins: "plugins".into(),
            connections: 5,
            quotes: 320,
            fsync: "never".to_owned(),
        }
    }

    #[test]
    fn a_quiet_hour_has_as_many_quotes_as_a_busy_one() {
        let at = |seconds| setting().rate(Duration::from_secs(seconds));
        let (opens, noon) = (at(SESSION_S * 9), at(SESSION_S * 9 + SESSION_S / 2));
        // 320 quotes of 16 instruments are 25 events of each.
        assert!((opens * MOST_ACTIVITY - 25.0).abs() < 0.01, "{opens}");
        assert!((noon * LEAST_ACTIVITY - 25.0).abs() < 0.01, "{noon}");
    }

    #[test]
    fn every_instrument_is_there_once() {
        let text = setting().text(Path::new("folder"), Duration::ZERO);
        assert_eq!(text.matches("[[instrument]]").count(), 16, "{text}");
        assert_eq!(text.matches(TRADED).count(), 1, "{text}");
    }
}
