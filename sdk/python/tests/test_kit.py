"""The kit outside of a component: numbers, parameters, what is held, time and chance.

    python3 -m unittest discover -s sdk/python/tests
"""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[1]))

from argonaut import (  # noqa: E402
    BarBasis, Config, ConfigError, Description, Money, OrderChange, OrderEvent, OrderStatus,
    Parameter, Position, Price, Quantity, Side, Signal, Strategy, host, shadow,
)


class Host:
    """A host that notes what it is told."""

    def __init__(self, time: int) -> None:
        self.time = time
        self.values: dict[str, bytes] = {}
        self.lines: list[tuple[str, str]] = []

    def now(self) -> int:
        return self.time

    def get_value(self, key: str) -> "bytes | None":
        return self.values.get(key)

    def put_value(self, key: str, value: bytes) -> None:
        self.values[key] = value

    def log(self, level: str, text: str) -> None:
        self.lines.append((level, text))

    def submit_market(self, *_: object) -> int:
        return 7

    def submit(self, *_: object) -> int:
        return 8


class Numbers(unittest.TestCase):
    def test_text_and_back_is_exact(self) -> None:
        for text, shown in [("1.10", "1.1"), ("-0.000000001", "-0.000000001"), (".5", "0.5"), ("3", "3")]:
            self.assertEqual(str(Price(text)), shown)
        self.assertEqual(repr(Quantity("184467440737.09551615")), "Quantity('184467440737.09551615')")

    def test_what_is_no_number_is_refused(self) -> None:
        for text in ["", ".", "-", "1e5", "1.0000000001", "1.2.3", "NaN"]:
            with self.subTest(text), self.assertRaises(ValueError):
                Price(text)
        for make in (lambda: Quantity("-1"), lambda: Price("9300000000"), lambda: Quantity(1) - Quantity(2)):
            with self.assertRaises(OverflowError):
                make()

    def test_kinds_and_floats_do_not_mix(self) -> None:
        for mix in (lambda: Price(1) + Quantity(1), lambda: Price(1.5), lambda: Price(1) < 1, lambda: Price(1) * 0.5):
            with self.assertRaises(TypeError):
                mix()
        self.assertNotEqual(Price(1), Money(1))

    def test_floats_go_onto_the_grid(self) -> None:
        self.assertEqual(Price.nearest(1.234567, Price("0.0001")), Price("1.2346"))


class Parameters(unittest.TestCase):
    def test_errors_name_the_parameter(self) -> None:
        config = Config("s", [], {"fast": "x", "basis": "middle", "bar_seconds": "60"})
        for read, words in [
            (lambda: config.integer("fast"), "parameter `fast`: `x` is not a whole number"),
            (lambda: config.price("slow"), "parameter `slow` is missing"),
            (lambda: config.bar_spec(), "parameter `basis`: `middle` is not one of bid, ask, mid, last"),
            (lambda: config.instrument(), "instrument `` is not configured for this strategy"),
        ]:
            with self.assertRaises(ConfigError) as caught:
                read()
            self.assertEqual(str(caught.exception), words)

    def test_a_description_grows(self) -> None:
        description = Description("a", "1", "").with_time_bars(60, BarBasis.MID.value)
        description = description.with_parameter(Parameter.boolean("on", "", default=True))
        self.assertEqual([one.default for one in description.parameters], ["60", "mid", "true"])


class Held(unittest.TestCase):
    def event(self, change: OrderChange, status: OrderStatus) -> OrderEvent:
        one = Quantity(1)
        return OrderEvent(7, 0, change, status, Side.BUY, one, Quantity(), 0)

    def test_orders_come_with_sending_and_go_with_closing(self) -> None:
        host.use(Host(0))
        strategy = Strategy()
        self.assertEqual(strategy.market(0, Side.BUY, Quantity(1)), 7)
        self.assertEqual([order.order for order in strategy.open_orders(0)], [7])
        strategy.portfolio.on_order_event(self.event(OrderChange.ACCEPTED, OrderStatus.ACCEPTED))
        self.assertEqual([order.status for order in strategy.open_orders(0)], [OrderStatus.ACCEPTED])
        strategy.portfolio.on_order_event(self.event(OrderChange.FILLED, OrderStatus.FILLED))
        self.assertEqual(strategy.open_orders(0), [])
        self.assertTrue(strategy.position(0).is_flat)
        nothing = Money()
        strategy.portfolio.on_position(Position(0, Quantity(1), Side.SELL, Price(1), nothing, nothing, 0))
        self.assertTrue(strategy.position(0).is_short)

    def test_an_order_of_the_contract_s_type_is_known_with_its_prices(self) -> None:
        class OrderKind_StopLimit:
            value = SimpleNamespace(trigger=SimpleNamespace(price=2 * 10**9), price=3 * 10**9)

        order = SimpleNamespace(
            instrument=0, side=Side.SELL, kind=OrderKind_StopLimit(), quantity=10**8, tag="exit",
            position=5,
        )
        host.use(Host(0))
        strategy = Strategy()
        self.assertEqual(strategy.submit(order), 8)
        [known] = strategy.open_orders(0)
        self.assertEqual((known.limit_price, known.trigger_price), (Price(3), Price(2)))
        self.assertEqual((known.quantity, known.tag, known.position), (Quantity(1), "exit", 5))


class Told(unittest.TestCase):
    def test_who_has_no_hook_for_a_signal_says_so(self) -> None:
        desk = Host(0)
        host.use(desk)
        Strategy().on_signal(Signal("buy", {"quantity": "1.5"}, 7))
        self.assertEqual(desk.lines, [("warn", "the signal `buy` is not for this strategy")])


class TimeAndChance(unittest.TestCase):
    def test_time_is_the_event_s_and_chance_goes_on(self) -> None:
        import datetime
        import random
        import time
        import uuid

        # What is shadowed stays shadowed; the runner of the tests wants its clocks back.
        self.addCleanup(vars(time).update, dict(vars(time)))
        here = Host(1_700_000_000_123_456_789)
        host.use(here)
        shadow.install()
        self.assertEqual(time.time_ns(), 0)
        host.begin_time()
        self.assertEqual(time.time_ns(), here.time)
        self.assertEqual(datetime.datetime.now().isoformat(), "2023-11-14T22:13:20.123456")
        self.assertEqual(datetime.date.today(), datetime.date(2023, 11, 14))
        with self.assertRaises(RuntimeError):
            time.sleep(1)

        def draw() -> list[object]:
            return [random.random(), random.gauss(0, 1), random.randint(1, 9), uuid.uuid4()]

        shadow.source.seed("a strategy")
        first = draw()
        shadow.source.keep()
        rest = draw()
        shadow.source.seed("a strategy")
        self.assertEqual(draw(), first)
        # Another instance goes on where the first one's last event ended.
        shadow.source.seed("a strategy")
        shadow.source.restore()
        self.assertEqual(draw(), rest)
        self.assertNotEqual(first, rest)

    def test_no_way_to_ask_for_the_time_leads_past_the_event(self) -> None:
        import time

        self.addCleanup(vars(time).update, dict(vars(time)))
        here = Host(1_700_000_000_123_456_789)
        host.use(here)
        shadow.install()
        self.addCleanup(setattr, host, "_has_time", host._has_time)
        host.begin_time()
        then = here.time / 1e9
        self.assertEqual(time.gmtime()[:6], (2023, 11, 14, 22, 13, 20))
        self.assertEqual(time.localtime(), time.localtime(then))
        self.assertEqual(time.ctime(), time.ctime(then))
        self.assertEqual(time.asctime(), time.ctime(then))
        self.assertEqual(time.asctime(time.gmtime(0)), "Thu Jan  1 00:00:00 1970")
        self.assertEqual(time.strftime("%Y-%m"), "2023-11")
        self.assertEqual(time.strftime("%Y", time.gmtime(0)), "1970")
        for clock in (time.CLOCK_REALTIME, time.CLOCK_MONOTONIC):
            self.assertEqual(time.clock_gettime(clock), then)
            self.assertEqual(time.clock_gettime_ns(clock), here.time)

    def test_dates_are_what_they_are_without_shadows(self) -> None:
        import datetime

        # Another test may have put the shadows in place already.
        real = {kind.__name__: kind for kind in (*datetime.datetime.__mro__, *datetime.date.__mro__)}
        real_date, real_datetime = real["date"], real["datetime"]
        host.use(Host(0))
        shadow.install()
        moment = datetime.datetime(2024, 2, 29, 12)
        for one in (moment, moment + datetime.timedelta(1), real_datetime(2024, 2, 29)):
            self.assertIsInstance(one, datetime.datetime)
            self.assertIsInstance(one, datetime.date)
        for one in (moment.date(), real_date(2024, 2, 29), datetime.date.today()):
            self.assertIsInstance(one, datetime.date)
            self.assertNotIsInstance(one, datetime.datetime)
        self.assertIs(type(moment.date()), datetime.date)
        self.assertEqual(moment.date(), real_date(2024, 2, 29))
        self.assertTrue(issubclass(datetime.datetime, datetime.date))
        self.assertNotIsInstance("2024-02-29", datetime.date)

        class Expiry(datetime.date):
            pass

        self.assertIsInstance(Expiry(2024, 2, 29), Expiry)
        self.assertIsInstance(Expiry(2024, 2, 29), datetime.date)
        self.assertNotIsInstance(datetime.date(2024, 2, 29), Expiry)


if __name__ == "__main__":
    unittest.main()
