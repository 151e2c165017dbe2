"""What a strategy is told: market data, its orders, its positions. Instruments are small numbers,
times are nanoseconds since the Unix epoch (UTC)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional

from .numbers import Money, Price, Quantity


class Side(Enum):
    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class BarBasis(Enum):
    """Which price a bar follows."""

    BID = "bid"
    ASK = "ask"
    MID = "mid"
    LAST = "last"


@dataclass(frozen=True)
class BarSpec:
    """The rule that makes a bar. `method` is `time` (steps in nanoseconds), `tick` (in events) or
    `volume` (in units of 1e-8)."""

    method: str
    step: int
    basis: BarBasis

    @staticmethod
    def seconds(seconds: int, basis: BarBasis) -> BarSpec:
        return BarSpec("time", seconds * 10**9, basis)


@dataclass(frozen=True)
class Instrument:
    """What can be traded, and the grid it trades on."""

    id: int
    symbol: str
    asset_class: str
    quote_currency: str
    tick: Price
    lot: Quantity
    min_quantity: Quantity
    max_quantity: Quantity
    multiplier: Quantity


@dataclass
class Quote:
    """A new best bid and ask. A size of zero means the source gives no sizes."""

    __slots__ = ("instrument", "bid", "ask", "bid_size", "ask_size", "ts_event", "ts_init")
    instrument: int
    bid: Price
    ask: Price
    bid_size: Quantity
    ask_size: Quantity
    ts_event: int
    ts_init: int


@dataclass
class Trade:
    """One trade between others; the aggressor took liquidity, if the source says so."""

    __slots__ = ("instrument", "price", "size", "aggressor", "ts_event", "ts_init")
    instrument: int
    price: Price
    size: Quantity
    aggressor: Optional[Side]
    ts_event: int
    ts_init: int


@dataclass
class Bar:
    """Open, high, low and close over one step of a `BarSpec`; no event at or after `ts_event` is in
    it."""

    __slots__ = (
        "instrument", "spec", "open", "high", "low", "close", "volume", "ts_open", "ts_event",
        "ts_init",
    )
    instrument: int
    spec: BarSpec
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    ts_open: int
    ts_event: int
    ts_init: int


@dataclass
class HistoryBar:
    """A bar from before the start."""

    __slots__ = ("open", "high", "low", "close", "volume", "ts_event")
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    ts_event: int


@dataclass
class Level:
    """A price of an order book and how much there is at it."""

    __slots__ = ("price", "size")
    price: Price
    size: Quantity


@dataclass
class Book:
    """The best levels of an order book, best first."""

    __slots__ = ("instrument", "bids", "asks", "ts_event", "ts_init")
    instrument: int
    bids: list[Level]
    asks: list[Level]
    ts_event: int
    ts_init: int


@dataclass
class Signal:
    """What somebody outside tells the strategy, by a webhook or the API. Values are texts by name; a
    decimal is plain text, as `Price` and `Quantity` read it."""

    __slots__ = ("name", "values", "ts_event")
    name: str
    values: dict[str, str]
    ts_event: int


class OrderStatus(Enum):
    INITIALIZED = "initialized"
    DENIED = "denied"
    EMULATED = "emulated"
    RELEASED = "released"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TRIGGERED = "triggered"
    PENDING_UPDATE = "pending_update"
    PENDING_CANCEL = "pending_cancel"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def is_closed(self) -> bool:
        return self in _CLOSED


_CLOSED = frozenset(
    [
        OrderStatus.DENIED,
        OrderStatus.REJECTED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
    ]
)


class OrderChange(Enum):
    """What changed in an order. Denied is the host's refusal, rejected the venue's."""

    DENIED = "denied"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EMULATED = "emulated"
    RELEASED = "released"
    TRIGGERED = "triggered"
    PENDING_UPDATE = "pending_update"
    UPDATED = "updated"
    UPDATE_DENIED = "update_denied"
    UPDATE_REJECTED = "update_rejected"
    PENDING_CANCEL = "pending_cancel"
    CANCEL_REJECTED = "cancel_rejected"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Fill:
    """One fill of an order; `maker` when it rested on the book, a negative fee is a rebate."""

    price: Price
    quantity: Quantity
    fee: Money
    maker: bool
    position: Optional[int]


@dataclass(frozen=True)
class OrderEvent:
    """A change of one of the strategy's orders, and how it is after it."""

    order: int
    instrument: int
    change: OrderChange
    status: OrderStatus
    side: Side
    quantity: Quantity
    filled: Quantity
    ts_event: int
    #: Of `FILLED`.
    fill: Optional[Fill] = None
    #: Of `DENIED` and `UPDATE_DENIED`: the number of the control that refused, 5 for P05.
    deny_code: Optional[int] = None
    #: Of `UPDATED`.
    limit_price: Optional[Price] = None
    trigger_price: Optional[Price] = None


@dataclass(frozen=True)
class Position:
    """What a strategy holds of an instrument."""

    instrument: int
    quantity: Quantity
    side: Side
    average_price: Price
    realized: Money
    fees: Money
    ts_event: int
    #: One of several positions of a hedging account; none: what they come to in all.
    position: Optional[int] = None

    @property
    def is_flat(self) -> bool:
        return not self.quantity

    @property
    def is_long(self) -> bool:
        return bool(self.quantity) and self.side is Side.BUY

    @property
    def is_short(self) -> bool:
        return bool(self.quantity) and self.side is Side.SELL

    @staticmethod
    def flat(instrument: int) -> Position:
        nothing = Money()
        return Position(instrument, Quantity(), Side.BUY, Price(), nothing, nothing, 0)


@dataclass
class OpenOrder:
    """One of the strategy's orders that is not over."""

    order: int
    instrument: int
    side: Side
    quantity: Quantity
    filled: Quantity
    limit_price: Optional[Price]
    trigger_price: Optional[Price]
    status: OrderStatus
    tag: str
    list: Optional[int]
    position: Optional[int]


class StartReason(Enum):
    FRESH = "fresh"
    RESTORED = "restored"
    SWAPPED = "swapped"


@dataclass(frozen=True)
class Snapshot:
    """The state of affairs at the start."""

    reason: StartReason
    now: int
    positions: list[Position]
    orders: list[OpenOrder]
