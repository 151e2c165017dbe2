"""Against a running host, which `ARGONAUT_URL` names; one of the built-in simulated market."""

from __future__ import annotations

import os
import sys
import time
import unittest
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from argonaut_client import Argonaut, Order, Problem  # noqa: E402
from argonaut_stream import Follower, Refused, Snapshot, Update  # noqa: E402

INSTRUMENT = "EUR/USD.SIM"
PATIENCE_S = 60.0


@unittest.skipUnless("ARGONAUT_URL" in os.environ, "no host is named by ARGONAUT_URL")
class AgainstAHost(unittest.TestCase):
    def setUp(self) -> None:
        self.host = Argonaut.of_environment()

    def place(self) -> Order:
        placed = self.host.limit_order(INSTRUMENT, "BUY", Decimal("1000"), Decimal("1.05"))
        self.assertIsNone(placed.deny_code, placed.deny_reason)
        return placed

    def until(self, order: str, status: str) -> Order:
        begin = time.monotonic()
        while (found := self.host.order(order)).status != status:
            self.assertLess(time.monotonic() - begin, PATIENCE_S, found)
            time.sleep(0.05)
        return found

    def test_strategies_are_listed(self) -> None:
        names = [strategy.name for strategy in self.host.strategies()]
        self.assertIn("manual", names)

    def test_an_order_is_placed_changed_and_cancelled(self) -> None:
        placed = self.place()
        self.assertEqual(placed.price, Decimal("1.05"))
        self.until(placed.id, "ACCEPTED")
        self.host.modify(placed.id, Decimal("2000"))
        accepted = self.until(placed.id, "ACCEPTED")
        begin = time.monotonic()
        while accepted.quantity != Decimal("2000"):
            self.assertLess(time.monotonic() - begin, PATIENCE_S, accepted)
            accepted = self.host.order(placed.id)
        self.until(placed.id, "ACCEPTED")
        self.host.cancel(placed.id)
        self.until(placed.id, "CANCELED")

    def test_problems_name_the_field(self) -> None:
        with self.assertRaises(Problem) as caught:
            self.host.ask("POST", "/orders", {"instrument": INSTRUMENT, "type": "MARKET"})
        self.assertEqual(caught.exception.code, "FIELDS_DISAGREE")
        self.assertIsNotNone(caught.exception.field)

    def test_an_order_is_followed_over_a_lost_connection(self) -> None:
        follower = Follower(self.host, ["orders"])
        events = follower.events()
        self.assertIsInstance(next(events), Snapshot)
        placed = self.place()
        self.followed(events, placed.id, "ACCEPTED")
        # As if the connection were lost: the next one goes on from there.
        events.close()
        events = follower.events()
        self.host.cancel(placed.id)
        self.followed(events, placed.id, "CANCELED")
        events.close()

    def followed(self, events: Generator[Snapshot | Update, None, None], order: str, status: str) -> None:
        for event in events:
            items = event.data if isinstance(event, Snapshot) else [event.data]
            if any(item["id"] == order and item["status"] == status for item in items):
                return

    def test_a_host_that_does_not_ask_who_one_is_may_be_told(self) -> None:
        events = Follower(Argonaut(self.host.url, "a key"), ["orders"]).events()
        # The error that it says to that comes before the first answer.
        self.assertIsInstance(next(events), Snapshot)
        events.close()

    def test_what_cannot_be_followed_is_refused(self) -> None:
        with self.assertRaises(Refused):
            next(Follower(self.host, ["dreams"]).events())


if __name__ == "__main__":
    unittest.main()
