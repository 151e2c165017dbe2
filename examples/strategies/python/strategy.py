"""Follows the trend with two exponential moving averages of bar closes: long while the fast one is
at or above the slow one, short while it is below."""

import json
from typing import Optional

from argonaut import (
    Bar, BarSpec, Config, Description, HistoryBar, Parameter, Refused, SavedState, Side, Strategy,
    export,
)

MAX_PERIOD = 1_000


class Ema:
    """An exponential moving average, begun by the simple average of its first values."""

    def __init__(self, period: int) -> None:
        self.period = period
        self.count = 0
        self.sum = 0.0
        self.value: Optional[float] = None

    def update(self, value: float) -> None:
        if self.value is not None:
            self.value += (value - self.value) * (2.0 / (self.period + 1.0))
            return
        self.count += 1
        self.sum += value
        if self.count == self.period:
            self.value = self.sum / self.period


class EmaCross(Strategy):
    description = (
        Description("ema-cross", "0.1.0", "Long while the fast average is at or above the slow one.")
        .with_instrument()
        .with_quantity()
        .with_time_bars(60, "bid")
        .with_parameter(
            Parameter.integer("fast", "Period of the fast average, in bars.",
                              default=10, minimum=2, maximum=MAX_PERIOD),
            Parameter.integer("slow", "Period of the slow average, in bars.",
                              default=20, minimum=2, maximum=MAX_PERIOD),
            Parameter.integer("warm_up", "Bars from before the start that warm the averages up.",
                              default=200, minimum=0, maximum=10_000),
        )
    )

    def on_init(self, config: Config) -> None:
        instrument, bars = config.instrument(), config.bar_spec()
        fast, slow = config.integer("fast"), config.integer("slow")
        if fast >= slow:
            raise Refused(f"parameter `fast`: {fast} is not less than `slow`, {slow}")
        self.instrument = instrument.id
        self.quantity = config.order_quantity(instrument)
        self.fast, self.slow = Ema(fast), Ema(slow)
        self.latest = 0
        self.subscribe_bars(self.instrument, bars)
        self.request_history(self.instrument, bars, config.integer("warm_up"))

    def on_history(self, instrument: int, spec: BarSpec, bars: list[HistoryBar]) -> None:
        for bar in bars:
            self.observe(bar)

    def on_bar(self, bar: Bar) -> None:
        self.observe(bar)
        # Nothing traded in a bar without a range, so its close says nothing new.
        if bar.high == bar.low or self.fast.value is None or self.slow.value is None:
            return
        self.turn(Side.BUY if self.fast.value >= self.slow.value else Side.SELL)

    def observe(self, bar: Bar | HistoryBar) -> None:
        """Moves the averages, unless they have seen the bar: history may overlap saved state."""
        if bar.ts_event > self.latest:
            self.latest = bar.ts_event
            self.fast.update(float(bar.close))
            self.slow.update(float(bar.close))

    def turn(self, side: Side) -> None:
        """Takes the position to `side`, through zero in a single order."""
        position = self.position(self.instrument)
        is_there = not position.is_flat and position.side is side
        if not is_there and not self.open_orders(self.instrument):
            self.market(self.instrument, side, self.quantity + position.quantity)

    def save(self) -> SavedState:
        averages = [vars(self.fast), vars(self.slow)]
        return SavedState(1, json.dumps([averages, self.latest]).encode())

    def load(self, state: SavedState) -> None:
        if state.version != 1:
            raise Refused(f"saved state has version {state.version}, this strategy reads 1")
        averages, self.latest = json.loads(state.bytes)
        for average, saved in zip((self.fast, self.slow), averages):
            if average.period != saved["period"]:
                raise Refused(
                    f"fast, slow: a saved average is over {saved['period']} bars; keep that, or swap without the state"
                )
            vars(average).update(saved)


export(EmaCross)
