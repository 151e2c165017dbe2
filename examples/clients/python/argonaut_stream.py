"""Follows channels of Argonaut's WebSocket, over lost connections too. Needs `websockets`.

A channel begins with a `Snapshot`: what there is. `Update`s follow. After a lost connection the host is asked
to go on where this client was; where it cannot, it says so (`gap`) and sends another snapshot, which takes the
place of all that is known of the channel. Who follows needs to handle these two kinds only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import argonaut_messages as told
from argonaut_client import Argonaut
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect
from websockets.sync.connection import Connection

# The host has a heartbeat every 15 s.
SILENCE_S = 45.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


Message: TypeAlias = (
    told.Hello
    | told.Snapshot
    | told.Update
    | told.Gap
    | told.Error
    | told.Bye
    | told.Ack
    | told.Pong
    | told.Heartbeat
)


class Refused(Exception):
    """The host does not take a subscription, or does not know who asks."""


@dataclass(frozen=True)
class Snapshot:
    """All that there is of a channel; what was known of it is void."""

    channel: str
    data: list[Any]


@dataclass(frozen=True)
class Update:
    """One change."""

    channel: str
    data: Any


class Follower:
    """Follows channels, such as `orders` and `fills`."""

    def __init__(self, host: Argonaut, channels: list[str]) -> None:
        self.host = host
        self.channels = channels
        self.epoch: str | None = None
        self.at: dict[str, int] = {}

    def events(self) -> Generator[Snapshot | Update, None, None]:
        """Without an end; raises `Refused`."""
        wait = FIRST_WAIT_S
        while True:
            try:
                with connect(self.host.url.replace("http", "ws", 1) + "/ws") as socket:
                    self.greet(socket)
                    for event in self.received(socket):
                        wait = FIRST_WAIT_S
                        yield event
            except (ConnectionClosed, InvalidHandshake, OSError):
                pass
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    def greet(self, socket: Connection) -> None:
        if self.host.key is not None:
            socket.send(json.dumps({"op": "authenticate", "token": self.host.key}))
        hello = message(socket)
        if hello["type"] == "error" or hello["type"] == "bye":
            raise Refused(hello["reason"])
        if hello["type"] != "hello":
            raise Refused("the host did not say hello")
        if hello["run"] != self.epoch:
            # Another run counts anew.
            self.epoch = hello["run"]
            self.at.clear()
        for number, channel in enumerate(self.channels, start=1):
            wish: dict[str, Any] = {"op": "subscribe", "id": number, "channel": channel}
            if channel in self.at and channel not in told.CONFLATED:
                wish["resume"] = {"epoch": self.epoch, "sequence": self.at[channel]}
            socket.send(json.dumps(wish))

    def received(self, socket: Connection) -> Iterator[Snapshot | Update]:
        while True:
            one = message(socket)
            if one["type"] == "snapshot":
                self.at[one["channel"]] = one["sequence"]
                yield Snapshot(one["channel"], list(one["data"]))
            elif one["type"] == "update":
                self.at[one["channel"]] = one["sequence"]
                yield Update(one["channel"], one["data"])
            elif one["type"] == "gap":
                # The host cannot go on where we were; a snapshot follows.
                self.at.pop(one.get("channel") or "", None)
            elif one["type"] == "error":
                # A host without identity wonders why somebody says who they are.
                if self.host.key is None or one.get("id") is not None:
                    raise Refused(f"{one['reason']} ({one['code']})")
            elif one["type"] == "bye":
                if one["code"] == "UNAUTHENTICATED":
                    raise Refused(one["reason"])
                return


def message(socket: Connection) -> Message:
    """The next message. A silent host is as good as gone: `TimeoutError`, which is an `OSError`."""
    found: Message = json.loads(socket.recv(timeout=SILENCE_S))
    return found
