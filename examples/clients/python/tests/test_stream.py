"""How a stream goes on over lost connections, against a stand-in that says what a host would."""

from __future__ import annotations

import json
import sys
import threading
import unittest
from pathlib import Path
from typing import Any

from websockets.sync.server import ServerConnection, serve

sys.path.insert(0, str(Path(__file__).parent.parent))

from argonaut_client import Argonaut  # noqa: E402
from argonaut_stream import Follower, Refused, Snapshot, Update  # noqa: E402


def snapshot(sequence: int) -> dict[str, Any]:
    return {"type": "snapshot", "channel": "orders", "sequence": sequence, "data": [{"id": str(sequence)}]}


def update(sequence: int) -> dict[str, Any]:
    return {"type": "update", "channel": "orders", "sequence": sequence, "data": {"id": str(sequence)}}


def gap() -> dict[str, Any]:
    return {"type": "gap", "channel": "orders", "reason": "FORGOTTEN", "sequence": 9}


class StandIn:
    """Says in each connection what is next, and leaves."""

    def __init__(self, connections: list[tuple[str, list[dict[str, Any]]]]) -> None:
        self.connections = connections
        self.wishes: list[dict[str, Any]] = []
        self.server = serve(self.talk, "127.0.0.1", 0)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        port = self.server.socket.getsockname()[1]
        self.host = Argonaut(f"http://127.0.0.1:{port}")

    def talk(self, socket: ServerConnection) -> None:
        run, messages = self.connections.pop(0)
        socket.send(json.dumps({"type": "hello", "run": run}))
        self.wishes.append(json.loads(socket.recv()))
        for message in messages:
            socket.send(json.dumps(message))


class LostConnections(unittest.TestCase):
    def follow(
        self, connections: list[tuple[str, list[dict[str, Any]]]], count: int
    ) -> tuple[list[Snapshot | Update], list[dict[str, Any]]]:
        stand_in = StandIn(connections)
        events = Follower(stand_in.host, ["orders"]).events()
        found = [next(events) for _ in range(count)]
        events.close()
        stand_in.server.shutdown()
        return found, stand_in.wishes

    def test_it_goes_on_where_it_was(self) -> None:
        found, wishes = self.follow([("a", [snapshot(1), update(2)]), ("a", [update(3)])], 3)
        self.assertEqual([type(event) for event in found], [Snapshot, Update, Update])
        self.assertNotIn("resume", wishes[0])
        self.assertEqual(wishes[1]["resume"], {"epoch": "a", "sequence": 2})

    def test_a_gap_brings_a_snapshot(self) -> None:
        found, _ = self.follow([("a", [snapshot(1)]), ("a", [gap(), snapshot(9)])], 2)
        self.assertEqual(found[1], Snapshot("orders", [{"id": "9"}]))

    def test_another_run_begins_anew(self) -> None:
        _, wishes = self.follow([("a", [snapshot(5)]), ("b", [snapshot(1)])], 2)
        self.assertNotIn("resume", wishes[1])

    def test_a_host_that_does_not_ask_who_one_is_may_be_told(self) -> None:
        error = {"type": "error", "id": None, "code": "INVALID_FIELD", "reason": "no such operation"}
        stand_in = StandIn([("a", [error, snapshot(1)])])
        stand_in.host.key = "a key"
        events = Follower(stand_in.host, ["orders"]).events()
        self.assertEqual(next(events), Snapshot("orders", [{"id": "1"}]))
        events.close()
        stand_in.server.shutdown()

    def test_what_the_host_does_not_take_is_raised(self) -> None:
        error = {"type": "error", "code": "INVALID_FIELD", "reason": "there is no such channel"}
        with self.assertRaises(Refused):
            self.follow([("a", [error])], 1)


if __name__ == "__main__":
    unittest.main()
