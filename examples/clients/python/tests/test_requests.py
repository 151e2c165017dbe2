"""What becomes of requests that are lost or sent elsewhere, against a stand-in that answers what a host would."""

from __future__ import annotations

import sys
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from argonaut_client import Argonaut, Problem  # noqa: E402

# A status and a body; nothing for a connection that is lost.
Answers = list[tuple[int, bytes] | None]
AT_IT = (409, b'{"code": "IDEMPOTENCY_KEY_IN_USE", "detail": "under way"}')
DONE = (200, b'{"state": "PAUSED"}')


class StandIn:
    """Gives an answer after the other, and notes under which keys it was asked."""

    def __init__(self, answers: Answers) -> None:
        keys: list[str | None] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                keys.append(self.headers["idempotency-key"])
                answer = answers.pop(0)
                if answer is None:
                    self.close_connection = True
                    return
                status, body = answer
                self.send_response(status)
                self.send_header("location", "http://elsewhere.example/")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                raise AssertionError("a write is no read")

            def log_message(self, *_: object) -> None:
                pass

        self.keys = keys
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = Argonaut(f"http://127.0.0.1:{self.server.server_port}", "a key")


class Requests(unittest.TestCase):
    def stand_in(self, answers: Answers) -> StandIn:
        stand_in = StandIn(answers)
        self.addCleanup(stand_in.server.server_close)
        self.addCleanup(stand_in.server.shutdown)
        return stand_in

    def test_what_is_sent_again_waits_for_the_first_of_its_kind(self) -> None:
        stand_in = self.stand_in([None, AT_IT, DONE])
        self.assertEqual(stand_in.host.ask("POST", "/strategies/a/pause"), {"state": "PAUSED"})
        self.assertEqual(len(stand_in.keys), 3)
        self.assertEqual(len(set(stand_in.keys)), 1)

    def test_what_is_at_work_at_first_is_told(self) -> None:
        stand_in = self.stand_in([AT_IT])
        with self.assertRaises(Problem) as caught:
            stand_in.host.ask("POST", "/strategies/a/pause")
        self.assertEqual(caught.exception.status, 409)

    def test_nobody_is_followed_elsewhere(self) -> None:
        for status in (301, 302, 303, 307, 308):
            stand_in = self.stand_in([(status, b"")])
            with self.assertRaises(Problem) as caught:
                stand_in.host.ask("POST", "/strategies/a/pause")
            self.assertEqual(caught.exception.status, status)
            self.assertIn("http://elsewhere.example/", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
