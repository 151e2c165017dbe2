"""Write a trading strategy for the Argonaut host: derive from `Strategy`, name it in `export`.

    from argonaut import Bar, Config, Description, Parameter, Side, Strategy, export

    class Momentum(Strategy):
        description = (
            Description("momentum", "1.0.0", "Buys what rises.")
            .with_instrument().with_quantity().with_time_bars(60, "mid")
        )

        def on_init(self, config: Config) -> None:
            self.instrument = config.instrument()
            self.subscribe_bars(self.instrument.id, config.bar_spec())

        def on_bar(self, bar: Bar) -> None:
            if bar.close > bar.open and self.position(bar.instrument).is_flat:
                self.market(bar.instrument, Side.BUY, self.instrument.min_quantity)

    export(Momentum)

`argonaut plugin build` makes the component. Time is the time of the event (`time.time()` and
`datetime.now()` say it too), `random` repeats in a replay, `print` goes to the log. There are no
files, no network and no threads; whatever is imported must be imported at the top of a file.
"""

from .config import Config, ConfigError, Refused
from .description import Description, Parameter
from .events import (
    Bar, BarBasis, BarSpec, Book, Fill, HistoryBar, Instrument, Level, OpenOrder, OrderChange,
    OrderEvent, OrderStatus, Position, Quote, Side, Signal, Snapshot, StartReason, Trade,
)
from .numbers import Money, Price, Quantity
from .strategy import SavedState, Strategy, TimeInForce, export

__all__ = [
    "Bar", "BarBasis", "BarSpec", "Book", "Config", "ConfigError", "Description", "Fill",
    "HistoryBar", "Instrument", "Level", "Money", "OpenOrder", "OrderChange", "OrderEvent",
    "OrderStatus", "Parameter", "Position", "Price", "Quantity", "Quote", "Refused", "SavedState",
    "Side", "Signal", "Snapshot", "StartReason", "Strategy", "TimeInForce", "Trade", "export",
]
