"""Lists strategies, places an order far from the market, cancels it, and follows what becomes of it."""

from __future__ import annotations

from decimal import Decimal

from argonaut_client import Argonaut, Fill, Order
from argonaut_stream import Follower, Snapshot

INSTRUMENT = "EUR/USD.SIM"
OVER = {"CANCELED", "FILLED", "REJECTED", "DENIED", "EXPIRED"}


def main() -> None:
    host = Argonaut.of_environment()
    for strategy in host.strategies():
        print(f"{strategy.name}: {strategy.state}, {strategy.plugin} {strategy.version}")

    events = Follower(host, ["orders", "fills"]).events()
    # Both channels are there before the order is.
    seen: set[str] = set()
    for event in events:
        seen.add(event.channel)
        if seen == {"orders", "fills"}:
            break

    placed = host.limit_order(INSTRUMENT, "BUY", Decimal("1000"), Decimal("1.05"), tag="example")
    print(f"placed {placed.id}: {placed.status} {placed.deny_code or ''}")
    is_asked = False
    for event in events:
        items = event.data if isinstance(event, Snapshot) else [event.data]
        for item in items:
            if event.channel == "fills":
                fill = Fill.read(item)
                print(f"fill of {fill.order}: {fill.quantity} at {fill.price}")
                continue
            order = Order.read(item)
            if order.id != placed.id:
                continue
            print(f"order {order.id}: {order.status}")
            if order.status == "ACCEPTED" and not is_asked:
                host.cancel(order.id)
                is_asked = True
            if order.status in OVER:
                return


if __name__ == "__main__":
    main()
