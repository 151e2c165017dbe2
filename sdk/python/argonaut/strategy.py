"""The class an author derives from: hooks to override, and the hands to trade with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Iterable, Optional

from . import host
from .config import Config
from .description import Description
from .events import (
    Bar, BarSpec, Book, HistoryBar, OpenOrder, OrderEvent, OrderStatus, Position, Quote, Side,
    Signal, Snapshot, Trade,
)
from .numbers import Price, Quantity
from .portfolio import Portfolio


@dataclass(frozen=True)
class SavedState:
    """Bytes that outlive an instance, with the author's version number for their format."""

    version: int = 0
    bytes: bytes = b""


@dataclass(frozen=True)
class TimeInForce:
    """How long an order lives: one of the constants, or `TimeInForce.gtd(nanoseconds)`."""

    name: str
    until: Optional[int] = None

    GTC: ClassVar[TimeInForce]
    IOC: ClassVar[TimeInForce]
    FOK: ClassVar[TimeInForce]
    DAY: ClassVar[TimeInForce]
    AT_THE_OPEN: ClassVar[TimeInForce]
    AT_THE_CLOSE: ClassVar[TimeInForce]

    @staticmethod
    def gtd(until: int) -> TimeInForce:
        return TimeInForce("gtd", until)


TimeInForce.GTC = TimeInForce("gtc")
TimeInForce.IOC = TimeInForce("ioc")
TimeInForce.FOK = TimeInForce("fok")
TimeInForce.DAY = TimeInForce("day")
TimeInForce.AT_THE_OPEN = TimeInForce("at_the_open")
TimeInForce.AT_THE_CLOSE = TimeInForce("at_the_close")


class Strategy:
    """Events in, orders out. Life goes `on_init`, then `load` if there is saved state, then
    `on_history` for each history asked for, then `on_start`, then events, then `on_stop`.

    A hook that raises is a fault: the strategy stops, and the operator reads the exception with its
    file and line."""

    description: ClassVar[Description]

    def __init__(self) -> None:
        self.portfolio = Portfolio()

    # ---- Hooks: override those you need ------------------------------------------------------

    def on_init(self, config: Config) -> None:
        """Read parameters, subscribe, ask for history; no orders. Raise `Refused` to refuse."""

    def load(self, state: SavedState) -> None:
        """Take over what `save` of an earlier instance, perhaps of another version, returned."""

    def on_history(self, instrument: int, spec: BarSpec, bars: list[HistoryBar]) -> None:
        """Bars from before the start, oldest first."""

    def on_start(self, snapshot: Snapshot) -> None:
        """The last call before events come; positions and open orders are known from here on."""

    def on_quote(self, quote: Quote) -> None: ...

    def on_trade(self, trade: Trade) -> None: ...

    def on_bar(self, bar: Bar) -> None: ...

    def on_book(self, book: Book) -> None: ...

    def on_book_lost(self, instrument: int) -> None:
        """A book is unknown from now on, until the next `on_book`."""

    def on_timer(self, id: int, due: int) -> None: ...

    def on_signal(self, signal: Signal) -> None:
        """Somebody outside tells it something. One that leaves this out says in its log that it was told."""
        self.warn(f"the signal `{signal.name}` is not for this strategy")

    def on_order_event(self, event: OrderEvent) -> None:
        """One of its orders changed; `open_orders` knows the change already."""

    def on_position(self, position: Position) -> None:
        """Its position changed; `self.position` knows the change already."""

    def on_stop(self) -> None:
        """No more events come. Orders may still be sent."""

    def save(self) -> SavedState:
        """What `load` of a later instance takes. Must not change anything."""
        return SavedState()

    # ---- Market data and time ----------------------------------------------------------------

    def subscribe_quotes(self, instrument: int) -> None:
        host.current().subscribe_quotes(instrument)

    def subscribe_trades(self, instrument: int) -> None:
        host.current().subscribe_trades(instrument)

    def subscribe_bars(self, instrument: int, spec: BarSpec) -> None:
        host.current().subscribe_bars(instrument, spec)

    def subscribe_book(self, instrument: int, depth: int) -> None:
        """The best `depth` levels a side, 1 to 20."""
        host.current().subscribe_book(instrument, depth)

    def unsubscribe_quotes(self, instrument: int) -> None:
        host.current().unsubscribe_quotes(instrument)

    def unsubscribe_trades(self, instrument: int) -> None:
        host.current().unsubscribe_trades(instrument)

    def unsubscribe_bars(self, instrument: int, spec: BarSpec) -> None:
        host.current().unsubscribe_bars(instrument, spec)

    def unsubscribe_book(self, instrument: int, depth: int) -> None:
        host.current().unsubscribe_book(instrument, depth)

    def request_history(self, instrument: int, spec: BarSpec, count: int) -> None:
        """Only in `on_init`: the latest `count` bars from before the start."""
        host.current().request_history(instrument, spec, count)

    @property
    def now(self) -> int:
        """Time of the event being handled, in nanoseconds."""
        return host.now()

    def set_timer(self, id: int, due: int) -> None:
        """Wakes the strategy at or after `due`. The same id again moves the timer."""
        host.current().set_timer(id, due)

    def cancel_timer(self, id: int) -> None:
        host.current().cancel_timer(id)

    # ---- Orders: requests whose fate comes back in `on_order_event` ----------------------------

    def market(
        self, instrument: int, side: Side, quantity: Quantity, *,
        tif: TimeInForce = TimeInForce.GTC, intent: int = 0,
    ) -> Optional[int]:
        """Sends a market order; returns its id, or `None` when this event has used up its orders.
        A second order with the same `intent`, unless 0, is denied as a duplicate."""
        order = host.current().submit_market(instrument, side, quantity, tif, intent)
        return self._sent(order, instrument, side, quantity)

    def limit(
        self, instrument: int, side: Side, quantity: Quantity, price: Price, *,
        tif: TimeInForce = TimeInForce.GTC, intent: int = 0,
    ) -> Optional[int]:
        """The same for a limit order."""
        order = host.current().submit_limit(instrument, side, quantity, price, tif, intent)
        return self._sent(order, instrument, side, quantity, limit=price)

    def stop_market(
        self, instrument: int, side: Side, quantity: Quantity, trigger: Price, *,
        tif: TimeInForce = TimeInForce.GTC, intent: int = 0,
    ) -> Optional[int]:
        """The same for a stop: a market order once the market reaches `trigger`."""
        order = host.current().submit_stop_market(instrument, side, quantity, trigger, tif, intent)
        return self._sent(order, instrument, side, quantity, trigger=trigger)

    def submit(self, order: Any) -> Optional[int]:
        """An order of any type with any terms: a `NewOrder` of `argonaut.wit`, in raw units."""
        return self._sent_as(host.current().submit(order), order)

    def submit_list(self, orders: list[Any]) -> Optional[int]:
        """Orders that depend on each other, as for `submit`; all are taken or none. Returns the
        first one's id, the others follow by one each."""
        first = host.current().submit_list(orders)
        for place, order in enumerate(orders if first else ()):
            self._sent_as(first + place, order)
            self.portfolio.orders[first + place].list = first
        return first or None

    def submit_by(
        self, order: Any, algorithm: str, parameters: Optional[dict[str, str]] = None
    ) -> Optional[int]:
        """Hands an order, as for `submit`, to an execution algorithm, which sends it in parts."""
        given = list((parameters or {}).items())
        return self._sent_as(host.current().submit_by(order, algorithm, given), order)

    def modify(
        self, order: int, *, quantity: Optional[Quantity] = None, price: Optional[Price] = None,
        trigger: Optional[Price] = None,
    ) -> None:
        """Asks for another quantity (what is filled included), limit or trigger."""
        host.current().modify(order, quantity, price, trigger)

    def cancel(self, order: int) -> None:
        host.current().cancel(order)

    def cancel_all(self, instrument: int) -> None:
        host.current().cancel_all(instrument)

    def position(self, instrument: int) -> Position:
        """What it holds of an instrument; flat when nothing."""
        return self.portfolio.positions.get(instrument) or Position.flat(instrument)

    def open_orders(self, instrument: int) -> Iterable[OpenOrder]:
        orders = self.portfolio.orders.values()
        return [order for order in orders if order.instrument == instrument]

    def _sent(
        self, order: int, instrument: int, side: Side, quantity: Quantity, tag: str = "",
        limit: Optional[Price] = None, trigger: Optional[Price] = None,
    ) -> Optional[int]:
        if not order:
            return None
        self.portfolio.orders[order] = OpenOrder(
            order, instrument, side, quantity, Quantity(), limit, trigger, OrderStatus.INITIALIZED,
            tag, None, None,
        )
        return order

    def _sent_as(self, id: int, order: Any) -> Optional[int]:
        """Notes an order of the contract's own type."""
        limit, trigger = _prices(order.kind)
        side, quantity = Side[order.side.name], Quantity.from_raw(order.quantity)
        sent = self._sent(id, order.instrument, side, quantity, order.tag, limit, trigger)
        if sent is not None:
            self.portfolio.orders[sent].position = order.position
        return sent

    # ---- Values that outlive the instance, and the log ----------------------------------------

    def get_value(self, key: str) -> Optional[bytes]:
        return host.current().get_value(key)

    def put_value(self, key: str, value: bytes) -> None:
        """Keeps a value; empty bytes remove it."""
        host.current().put_value(key, value)

    def debug(self, text: object) -> None:
        host.current().log("debug", str(text))

    def info(self, text: object) -> None:
        host.current().log("info", str(text))

    def warn(self, text: object) -> None:
        host.current().log("warn", str(text))

    def error(self, text: object) -> None:
        host.current().log("error", str(text))


def _prices(kind: Any) -> tuple[Optional[Price], Optional[Price]]:
    """The limit and the trigger of an order about to be sent."""
    # The generated class of a case is called after it: `OrderKind_StopLimit`.
    name, value = type(kind).__name__.partition("_")[2], getattr(kind, "value", None)
    if name == "Limit":
        return Price.from_raw(value), None
    if name in ("StopMarket", "MarketIfTouched"):
        return None, Price.from_raw(value.price)
    if name in ("StopLimit", "LimitIfTouched"):
        return Price.from_raw(value.price), Price.from_raw(value.trigger.price)
    return None, None


#: The class named in `export`.
exported: Optional[type[Strategy]] = None


def export(strategy: type[Strategy]) -> None:
    """Makes a strategy the one this component runs. Once, at the end of the main file."""
    global exported
    if exported is not None:
        raise TypeError(f"{exported.__name__} is exported already; a plugin is one strategy")
    if not isinstance(getattr(strategy, "description", None), Description):
        raise TypeError(f"{strategy.__name__} needs a class attribute `description`")
    exported = strategy
