"""What a strategy holds and has working, kept up to date from the events the host sends."""

from __future__ import annotations

from .events import OpenOrder, OrderChange, OrderEvent, Position, Snapshot


class Portfolio:
    def __init__(self) -> None:
        self.positions: dict[int, Position] = {}
        #: Of hedging accounts: the several positions, by id.
        self.hedged: dict[int, Position] = {}
        self.orders: dict[int, OpenOrder] = {}

    def restore(self, snapshot: Snapshot) -> None:
        self.__init__()
        for position in snapshot.positions:
            self.on_position(position)
        self.orders = {order.order: order for order in snapshot.orders}

    def on_position(self, position: Position) -> None:
        if position.position is None:
            self.positions[position.instrument] = position
        elif position.is_flat:
            self.hedged.pop(position.position, None)
        else:
            self.hedged[position.position] = position

    def on_order_event(self, event: OrderEvent) -> None:
        if event.status.is_closed:
            self.orders.pop(event.order, None)
            return
        order = self.orders.get(event.order)
        if order is None:
            # One that the strategy did not send: all that is known of it is in the event.
            order = self.orders[event.order] = OpenOrder(
                event.order, event.instrument, event.side, event.quantity, event.filled, None, None,
                event.status, "", None, None,
            )
        order.quantity = event.quantity
        order.filled = event.filled
        order.status = event.status
        if event.change is OrderChange.UPDATED:
            order.limit_price = event.limit_price
            order.trigger_price = event.trigger_price
        elif event.change is OrderChange.TRIGGERED:
            order.trigger_price = None
        elif event.fill is not None and event.fill.position is not None:
            order.position = event.fill.position
