"""From the contract's raw values to the types of this kit."""

from __future__ import annotations

from typing import Any, Optional

from .config import Config
from .events import (
    Bar, BarBasis, BarSpec, Book, Fill, HistoryBar, Instrument, Level, OpenOrder, OrderChange,
    OrderEvent, OrderStatus, Position, Quote, Side, Snapshot, StartReason, Trade,
)
from .numbers import Money, Price, Quantity

_SIDES = (Side.BUY, Side.SELL)
_BASES = tuple(BarBasis)
_STATUSES = tuple(OrderStatus)
_CHANGES = {change.value.replace("_", ""): change for change in OrderChange}
_price = Price.from_raw
_quantity = Quantity.from_raw


def _optional_price(raw: Optional[int]) -> Optional[Price]:
    return None if raw is None else _price(raw)


def _money(raw: Any) -> Money:
    return Money.from_raw((raw.high << 64) + raw.low)


def config(raw: Any) -> Config:
    return Config(raw.strategy, [instrument(one) for one in raw.instruments], dict(raw.parameters))


def instrument(raw: Any) -> Instrument:
    return Instrument(
        raw.id, raw.symbol, raw.class_.name.lower(), raw.quote_currency, _price(raw.tick),
        _quantity(raw.lot), _quantity(raw.min_quantity), _quantity(raw.max_quantity),
        _quantity(raw.multiplier),
    )


def bar_spec(raw: Any) -> BarSpec:
    return BarSpec(raw.method.name.lower(), raw.step, _BASES[raw.basis.value])


def quote(raw: Any) -> Quote:
    return Quote(
        raw.instrument, _price(raw.bid), _price(raw.ask), _quantity(raw.bid_size),
        _quantity(raw.ask_size), raw.ts_event, raw.ts_init,
    )


def trade(raw: Any) -> Trade:
    aggressor = (None, *_SIDES)[raw.aggressor.value]
    return Trade(
        raw.instrument, _price(raw.price), _quantity(raw.size), aggressor, raw.ts_event, raw.ts_init
    )


def bar(raw: Any) -> Bar:
    return Bar(
        raw.instrument, bar_spec(raw.spec), _price(raw.open), _price(raw.high), _price(raw.low),
        _price(raw.close), _quantity(raw.volume), raw.ts_open, raw.ts_event, raw.ts_init,
    )


def _signed(word: int) -> int:
    return word - 2**64 if word >= 2**63 else word


def history(words: list[int]) -> list[HistoryBar]:
    bars = []
    for at in range(0, len(words) - 5, 6):
        prices = (_price(_signed(word)) for word in words[at : at + 4])
        bars.append(HistoryBar(*prices, _quantity(words[at + 4]), words[at + 5]))
    return bars


def book(
    instrument: int, bids: int, words: list[int], ts_event: int, ts_init: int
) -> Book:
    levels = [
        Level(_price(_signed(price)), _quantity(size))
        for price, size in zip(words[::2], words[1::2])
    ]
    return Book(instrument, levels[:bids], levels[bids:], ts_event, ts_init)


def _fill(raw: Any) -> Fill:
    return Fill(_price(raw.price), _quantity(raw.quantity), _money(raw.fee), raw.maker, raw.position)


def order_event(raw: Any) -> OrderEvent:
    # The generated class of a case is called after it: `OrderChange_PendingCancel`.
    name = type(raw.change).__name__.partition("_")[2]
    change = _CHANGES[name.lower()]
    value = getattr(raw.change, "value", None)
    details: dict[str, Any] = {}
    if change is OrderChange.FILLED:
        details["fill"] = _fill(value)
    elif change in (OrderChange.DENIED, OrderChange.UPDATE_DENIED):
        details["deny_code"] = value
    elif change is OrderChange.UPDATED:
        details["limit_price"] = _optional_price(value.limit_price)
        details["trigger_price"] = _optional_price(value.trigger_price)
    return OrderEvent(
        raw.order, raw.instrument, change, _STATUSES[raw.status.value], _SIDES[raw.side.value],
        _quantity(raw.quantity), _quantity(raw.filled), raw.ts_event, **details,
    )


def position(raw: Any) -> Position:
    return Position(
        raw.instrument, _quantity(raw.quantity), _SIDES[raw.side.value], _price(raw.average_price),
        _money(raw.realized), _money(raw.fees), raw.ts_event, raw.position,
    )


def _open_order(raw: Any) -> OpenOrder:
    return OpenOrder(
        raw.order, raw.instrument, _SIDES[raw.side.value], _quantity(raw.quantity),
        _quantity(raw.filled), _optional_price(raw.limit_price), _optional_price(raw.trigger_price),
        _STATUSES[raw.status.value], raw.tag, raw.list, raw.position,
    )


def snapshot(raw: Any) -> Snapshot:
    return Snapshot(
        tuple(StartReason)[raw.reason.value], raw.now, [position(one) for one in raw.positions],
        [_open_order(one) for one in raw.orders],
    )
