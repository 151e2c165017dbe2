"""A small client of Argonaut's REST API, of nothing but the standard library.

Decimals are `Decimal`, never floats. A write has an `Idempotency-Key`, so that one whose connection was lost
can be sent again, and is done once.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from argonaut_rest import FillDto, OrderDto, StrategyDto

ROOT = "/api/v1"
RETRIES = 2
PATIENCE_S = 10.0
UNDER_WAY = "IDEMPOTENCY_KEY_IN_USE"
UNDER_WAY_S = 1.0


class Problem(Exception):
    """The host said no: what is wrong, by which code, and where."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.code: str = body.get("code", "")
        self.field: str | None = body.get("field")
        super().__init__(f"{body.get('detail', 'no reason given')} ({status} {self.code})")


class Waiting(Exception):
    """A second person must agree: ask for the very same again with `approval` once they have."""

    def __init__(self, approval: dict[str, Any]) -> None:
        self.approval: str = approval["id"]
        super().__init__(f"{approval['operation']} waits for a second person: {self.approval}")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A write that followed one would arrive as a read, with the key, at whoever is there."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def decimal(text: str | None) -> Decimal | None:
    """A decimal of the API, which may be absent."""
    return None if text is None else Decimal(text)


@dataclass(frozen=True)
class Strategy:
    """A strategy, as far as this example looks at it."""

    name: str
    state: str
    account: str
    plugin: str | None
    version: str | None

    @staticmethod
    def read(body: StrategyDto) -> Strategy:
        plugin = body.get("plugin")
        name, version = (plugin["name"], plugin["version"]) if plugin else (None, None)
        return Strategy(body["name"], body["state"], body["account"], name, version)


@dataclass(frozen=True)
class Order:
    """An order, as far as this example looks at it."""

    id: str
    instrument: str
    side: str
    type: str
    status: str
    quantity: Decimal
    filled: Decimal
    price: Decimal | None
    deny_code: str | None
    deny_reason: str | None

    @staticmethod
    def read(body: OrderDto) -> Order:
        return Order(
            body["id"],
            body["instrument"],
            body["side"],
            body["type"],
            body["status"],
            Decimal(body["quantity"]),
            Decimal(body["filled"]),
            decimal(body.get("price")),
            body.get("deny_code"),
            body.get("deny_reason"),
        )


@dataclass(frozen=True)
class Fill:
    """A fill, as far as this example looks at it."""

    execution: str
    order: str
    instrument: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal

    @staticmethod
    def read(body: FillDto) -> Fill:
        return Fill(
            body["execution"],
            body["order"],
            body["instrument"],
            body["side"],
            Decimal(body["quantity"]),
            Decimal(body["price"]),
            Decimal(body["fee"]),
        )


class Argonaut:
    """A running host. Without a `key` it must be one that does not ask who one is."""

    def __init__(self, url: str = "http://127.0.0.1:8080", key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.key = key

    @staticmethod
    def of_environment() -> Argonaut:
        """The host in `ARGONAUT_URL`, with the key in `ARGONAUT_API_KEY`."""
        url = os.environ.get("ARGONAUT_URL", "http://127.0.0.1:8080")
        return Argonaut(url, os.environ.get("ARGONAUT_API_KEY"))

    def strategies(self) -> list[Strategy]:
        return [Strategy.read(one) for one in self.ask("GET", "/strategies")]

    def orders(self, **wanted: str) -> list[Order]:
        """Open orders, then the latest closed ones; `status="open"` for open ones only."""
        query = urllib.parse.urlencode(wanted)
        return [Order.read(one) for one in self.ask("GET", f"/orders?{query}")]

    def order(self, order: str) -> Order:
        return Order.read(self.ask("GET", f"/orders/{order}"))

    def fills(self, **wanted: str) -> list[Fill]:
        query = urllib.parse.urlencode(wanted)
        return [Fill.read(one) for one in self.ask("GET", f"/fills?{query}")]

    def limit_order(
        self, instrument: str, side: str, quantity: Decimal, price: Decimal, **more: Any
    ) -> Order:
        """Places a limit order. One that the risk gate denies has status `DENIED` and a `deny_code`."""
        ticket = {
            "instrument": instrument,
            "side": side,
            "type": "LIMIT",
            "quantity": f"{quantity:f}",
            "price": f"{price:f}",
            **more,
        }
        return Order.read(self.ask("POST", "/orders", ticket))

    def modify(self, order: str, quantity: Decimal) -> Order:
        return Order.read(self.ask("PATCH", f"/orders/{order}", {"quantity": f"{quantity:f}"}))

    def cancel(self, order: str) -> Order:
        """Asks for the cancellation; what becomes of it is told by the order's next states."""
        return Order.read(self.ask("DELETE", f"/orders/{order}"))

    def ask(self, method: str, path: str, body: Any = None, approval: str | None = None) -> Any:
        """Any request, below `/api/v1`. A lost one is sent again under the same key, until the first is done."""
        headers = {"accept": "application/json"}
        if self.key is not None:
            headers["x-api-key"] = self.key
        if method != "GET":
            headers["idempotency-key"] = uuid.uuid4().hex
        if approval is not None:
            headers["x-approval"] = approval
        data = None
        if body is not None:
            headers["content-type"] = "application/json"
            data = json.dumps(body).encode()
        elif method in ("POST", "PUT", "PATCH"):
            data = b""
        request = urllib.request.Request(self.url + ROOT + path, data, headers, method=method)
        begin, sent_again = time.monotonic(), 0
        while True:
            try:
                with OPENER.open(request, timeout=PATIENCE_S) as answer:
                    return self.read(answer.status, answer.read())
            except urllib.error.HTTPError as refused:
                problem = Problem(refused.code, why(refused))
                # The first one was heard, and is not over.
                is_under_way = sent_again > 0 and problem.code == UNDER_WAY
                if not is_under_way or time.monotonic() - begin > PATIENCE_S:
                    raise problem from None
                time.sleep(UNDER_WAY_S)
            except ConnectionRefusedError:
                raise
            except OSError as lost:
                is_refused = isinstance(getattr(lost, "reason", None), ConnectionRefusedError)
                if is_refused or sent_again == RETRIES:
                    raise
                sent_again += 1

    @staticmethod
    def read(status: int, text: bytes) -> Any:
        answer = json.loads(text) if text else None
        if status == 202 and isinstance(answer, dict) and "asked_by" in answer:
            raise Waiting(answer)
        return answer


def why(refused: urllib.error.HTTPError) -> dict[str, Any]:
    """The problem in a refusal."""
    if 300 <= refused.code < 400:
        return {"detail": f"what answers sends elsewhere, to {refused.headers.get('location')}"}
    return told(refused.read())


def told(text: bytes) -> dict[str, Any]:
    """The problem in an answer; nothing where it is no problem of a host's."""
    try:
        problem = json.loads(text)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
