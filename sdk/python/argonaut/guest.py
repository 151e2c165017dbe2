"""The component's side of the plugin contract: imports as a host, exports with a guard around each
that tells which exception it was, in which file and line. An exception that left an export would
stop the strategy without a word."""

from __future__ import annotations

import sys
from typing import Any, Callable, Optional

from componentize_py_types import Err
from wit_world.imports import log, market_data, orders, state, timers, types

from . import convert, host, shadow, strategy
from .config import Refused
from .description import Description
from .events import BarSpec, Side, Signal
from .numbers import Price, Quantity
from .strategy import SavedState, Strategy, TimeInForce

_LEVELS = {level.name.lower(): level for level in log.Level}
_SIDES = {side: types.Side[side.name] for side in Side}
_TIMES = {
    "gtc": types.TimeInForce_Gtc(), "ioc": types.TimeInForce_Ioc(), "fok": types.TimeInForce_Fok(),
    "day": types.TimeInForce_Day(), "at_the_open": types.TimeInForce_AtTheOpen(),
    "at_the_close": types.TimeInForce_AtTheClose(),
}
#: Files of the kit, by the end of their folder: no place an author looks at.
_KIT = ("/argonaut/", "/argonaut_main.py")


def _raw(number: Optional[Any]) -> Optional[int]:
    return None if number is None else number.raw


def _time_in_force(tif: TimeInForce) -> Any:
    return types.TimeInForce_Gtd(tif.until) if tif.name == "gtd" else _TIMES[tif.name]


def _bar_spec(spec: BarSpec) -> Any:
    method, basis = types.BarMethod[spec.method.upper()], types.BarBasis[spec.basis.name]
    return types.BarSpec(method, spec.step, basis)


class Imports:
    """The host, as the contract has it."""

    now = staticmethod(timers.now)
    set_timer = staticmethod(timers.set_timer)
    cancel_timer = staticmethod(timers.cancel_timer)
    subscribe_quotes = staticmethod(market_data.subscribe_quotes)
    unsubscribe_quotes = staticmethod(market_data.unsubscribe_quotes)
    subscribe_trades = staticmethod(market_data.subscribe_trades)
    unsubscribe_trades = staticmethod(market_data.unsubscribe_trades)
    subscribe_book = staticmethod(market_data.subscribe_book)
    unsubscribe_book = staticmethod(market_data.unsubscribe_book)
    submit = staticmethod(orders.submit)
    submit_list = staticmethod(orders.submit_list)
    submit_by = staticmethod(orders.submit_by)
    cancel = staticmethod(orders.cancel)
    cancel_all = staticmethod(orders.cancel_all)
    get_value = staticmethod(state.get)
    put_value = staticmethod(state.put)

    def subscribe_bars(self, instrument: int, spec: BarSpec) -> None:
        market_data.subscribe_bars(instrument, _bar_spec(spec))

    def unsubscribe_bars(self, instrument: int, spec: BarSpec) -> None:
        market_data.unsubscribe_bars(instrument, _bar_spec(spec))

    def request_history(self, instrument: int, spec: BarSpec, count: int) -> None:
        market_data.request_history(instrument, _bar_spec(spec), count)

    def submit_market(
        self, instrument: int, side: Side, quantity: Quantity, tif: TimeInForce, intent: int
    ) -> int:
        terms = _time_in_force(tif)
        return orders.submit_market(instrument, _SIDES[side], quantity.raw, terms, intent)

    def submit_limit(
        self, instrument: int, side: Side, quantity: Quantity, price: Price, tif: TimeInForce,
        intent: int,
    ) -> int:
        terms = _time_in_force(tif)
        return orders.submit_limit(
            instrument, _SIDES[side], quantity.raw, price.raw, terms, intent
        )

    def submit_stop_market(
        self, instrument: int, side: Side, quantity: Quantity, trigger: Price, tif: TimeInForce,
        intent: int,
    ) -> int:
        terms = _time_in_force(tif)
        return orders.submit_stop_market(
            instrument, _SIDES[side], quantity.raw, trigger.raw, terms, intent
        )

    def modify(
        self, order: int, quantity: Optional[Quantity], price: Optional[Price],
        trigger: Optional[Price],
    ) -> None:
        orders.modify(order, _raw(quantity), _raw(price), _raw(trigger))

    def log(self, level: str, text: str) -> None:
        log.write(_LEVELS[level], text)


def told(error: BaseException) -> str:
    """The exception, with the place in the author's files where it was raised. Not by the module
    `traceback`, which looks for the files."""
    what = f"{type(error).__name__}: {error}"
    place = ""
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not any(part in code.co_filename for part in _KIT):
            file = code.co_filename.rpartition("/")[2]
            place = f"{file}:{step.tb_lineno}: {code.co_name}: "
        step = step.tb_next
    return place + what


def _told(hook: Callable[..., Any], keeps: bool = False) -> Callable[..., Any]:
    """An export that returns no error: what it raises goes to the log, where the fault finds it."""

    def call(self: Any, *arguments: Any) -> Any:
        try:
            result = hook(self, *arguments)
            if keeps:
                shadow.source.keep()
            return result
        except BaseException as error:
            log.write(log.Level.ERROR, told(error))
            # Whoever runs Python here would print it once more, and the last line is what shows.
            sys.stderr = None
            raise

    return call


def _guarded(hook: Callable[..., Any]) -> Callable[..., Any]:
    """The same from `on_start` on: the random sequence goes on from where the hook left it. Before
    that it may not be kept, because what an earlier instance kept is not read yet."""
    return _told(hook, keeps=True)


def _refusing(hook: Callable[..., None]) -> Callable[..., None]:
    """An export that may refuse: whatever it raises is the reason."""

    def call(self: Any, *arguments: Any) -> None:
        try:
            hook(self, *arguments)
        except Refused as refusal:
            raise Err(str(refusal)) from None
        except BaseException as error:
            raise Err(told(error)) from None

    return call


_running: Optional[Strategy] = None


def _strategy() -> Strategy:
    if _running is None:
        raise RuntimeError("called before init")
    return _running


def _described(description: Description) -> Any:
    parameters = [
        types.Parameter(
            one.name, types.ParameterType[one.kind.upper()], one.default, one.minimum, one.maximum,
            one.documentation,
        )
        for one in description.parameters
    ]
    return types.Description(
        description.name, description.version, description.documentation, parameters
    )


class Plugin:
    """The exports of the world."""

    @_told
    def describe(self) -> Any:
        _begin()
        assert strategy.exported is not None
        return _described(strategy.exported.description)

    @_refusing
    def init(self, config: Any) -> None:
        global _running
        _begin()
        assert strategy.exported is not None
        shadow.source.seed(config.strategy)
        _running = strategy.exported()
        if not hasattr(_running, "portfolio"):
            name = strategy.exported.__name__
            raise Refused(f"{name}.__init__ does not call super().__init__()")
        _running.on_init(convert.config(config))

    @_refusing
    def load(self, state: Any) -> None:
        host.begin_time()
        _strategy().load(SavedState(state.version, bytes(state.bytes)))

    @_told
    def on_history(self, instrument: int, spec: Any, block: list[int]) -> None:
        host.begin_time()
        _strategy().on_history(instrument, convert.bar_spec(spec), convert.history(block))

    @_guarded
    def on_start(self, snapshot: Any) -> None:
        host.begin_time()
        shadow.source.restore()
        known = convert.snapshot(snapshot)
        _strategy().portfolio.restore(known)
        _strategy().on_start(known)

    @_guarded
    def on_quote(self, quote: Any) -> None:
        _strategy().on_quote(convert.quote(quote))

    @_guarded
    def on_trade(self, trade: Any) -> None:
        _strategy().on_trade(convert.trade(trade))

    @_guarded
    def on_bar(self, bar: Any) -> None:
        _strategy().on_bar(convert.bar(bar))

    @_guarded
    def on_timer(self, id: int, due: int) -> None:
        _strategy().on_timer(id, due)

    @_guarded
    def on_order_event(self, event: Any) -> None:
        known = convert.order_event(event)
        _strategy().portfolio.on_order_event(known)
        _strategy().on_order_event(known)

    @_guarded
    def on_position_event(self, event: Any) -> None:
        known = convert.position(event)
        _strategy().portfolio.on_position(known)
        _strategy().on_position(known)

    @_guarded
    def on_stop(self) -> None:
        _strategy().on_stop()

    @_told
    def save(self) -> Any:
        state = _strategy().save()
        return types.SavedState(state.version, state.bytes)


class Books:
    """The exports of the interface `on-book`."""

    @_guarded
    def on_book(
        self, instrument: int, bids: int, levels: list[int], ts_event: int, ts_init: int
    ) -> None:
        _strategy().on_book(convert.book(instrument, bids, levels, ts_event, ts_init))

    @_guarded
    def on_book_lost(self, instrument: int) -> None:
        _strategy().on_book_lost(instrument)


class Signals:
    """The exports of the interface `on-signal`."""

    @_guarded
    def on_signal(self, name: str, values: list[tuple[str, str]], ts_event: int) -> None:
        _strategy().on_signal(Signal(name, dict(values), ts_event))


def _begin() -> None:
    host.use(Imports())
    shadow.close()
