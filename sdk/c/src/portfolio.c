/* What the strategy holds and has working, kept up to date from what the host tells it, and the
 * sending of orders, which makes them known at once. */

#include "internal.h"
#include <stdlib.h>
#include <string.h>

static argonaut_position_event_t *positions;
static size_t position_count;
/* Each in a place of its own, so that a pointer to one stays good while others come and go. */
static argonaut_open_order_t **orders;
static size_t order_count;

/* Room for one more element of `size` bytes. */
static void *grown(void *array, size_t count, size_t size) {
    /* Doubling at powers of two keeps copying rare. */
    if ((count & (count - 1)) != 0) {
        return array;
    }
    void *larger = realloc(array, (count ? 2 * count : 1) * size);
    if (!larger) {
        argonaut_stop_with("no memory left");
    }
    return larger;
}

argonaut_position_event_t argonaut_position(argonaut_instrument_id_t instrument) {
    for (size_t i = 0; i < position_count; i++) {
        if (positions[i].instrument == instrument) {
            return positions[i];
        }
    }
    argonaut_position_event_t flat = {.instrument = instrument, .side = ARGONAUT_SIDE_BUY};
    return flat;
}

void argonaut_portfolio_on_position(const argonaut_position_event_t *position) {
    /* One of several positions of a hedging account: told besides the whole, which is kept. */
    if (position->position.is_some) {
        return;
    }
    for (size_t i = 0; i < position_count; i++) {
        if (positions[i].instrument == position->instrument) {
            positions[i] = *position;
            return;
        }
    }
    positions = grown(positions, position_count, sizeof *positions);
    positions[position_count++] = *position;
}

size_t argonaut_open_orders(argonaut_instrument_id_t instrument) {
    size_t count = 0;
    for (size_t i = 0; i < order_count; i++) {
        count += orders[i]->instrument == instrument;
    }
    return count;
}

static argonaut_open_order_t *find(argonaut_order_id_t order) {
    for (size_t i = 0; i < order_count; i++) {
        if (orders[i]->order == order) {
            return orders[i];
        }
    }
    return NULL;
}

const argonaut_open_order_t *argonaut_order(argonaut_order_id_t order) { return find(order); }

static argonaut_open_order_t *insert(const argonaut_open_order_t *order) {
    argonaut_open_order_t *known = find(order->order);
    if (!known) {
        orders = grown(orders, order_count, sizeof *orders);
        known = argonaut_allocate(sizeof *known);
        orders[order_count++] = known;
    } else {
        strategy_string_free(&known->tag);
    }
    *known = *order;
    /* The label is the caller's; this one is ours. */
    strategy_string_dup_n(&known->tag, (const char *)order->tag.ptr, order->tag.len);
    return known;
}

static void forget(argonaut_order_id_t order) {
    for (size_t i = 0; i < order_count; i++) {
        if (orders[i]->order == order) {
            strategy_string_free(&orders[i]->tag);
            free(orders[i]);
            orders[i] = orders[--order_count];
            return;
        }
    }
}

void argonaut_portfolio_restore(const argonaut_snapshot_t *snapshot) {
    position_count = 0;
    while (order_count > 0) {
        forget(orders[order_count - 1]->order);
    }
    for (size_t i = 0; i < snapshot->positions.len; i++) {
        argonaut_portfolio_on_position(&snapshot->positions.ptr[i]);
    }
    for (size_t i = 0; i < snapshot->orders.len; i++) {
        insert(&snapshot->orders.ptr[i]);
    }
}

static bool is_closed(argonaut_order_status_t status) {
    switch (status) {
    case ARGONAUT_ORDER_STATUS_DENIED:
    case ARGONAUT_ORDER_STATUS_REJECTED:
    case ARGONAUT_ORDER_STATUS_FILLED:
    case ARGONAUT_ORDER_STATUS_CANCELED:
    case ARGONAUT_ORDER_STATUS_EXPIRED:
        return true;
    default:
        return false;
    }
}

void argonaut_portfolio_on_order(const argonaut_order_event_t *event) {
    if (is_closed(event->status)) {
        forget(event->order);
        return;
    }
    argonaut_open_order_t *order = find(event->order);
    if (!order) {
        /* One that the strategy did not send: all that is known of it is in the event. */
        argonaut_open_order_t adopted = {
            .order = event->order,
            .instrument = event->instrument,
            .side = event->side,
        };
        order = insert(&adopted);
    }
    order->quantity = event->quantity;
    order->filled = event->filled;
    order->status = event->status;
    switch (event->change.tag) {
    case ARGONAUT_ORDER_CHANGE_UPDATED:
        order->limit_price = event->change.val.updated.limit_price;
        order->trigger_price = event->change.val.updated.trigger_price;
        break;
    case ARGONAUT_ORDER_CHANGE_TRIGGERED:
        order->trigger_price.is_some = false;
        break;
    case ARGONAUT_ORDER_CHANGE_FILLED:
        if (event->change.val.filled.position.is_some) {
            order->position = event->change.val.filled.position;
        }
        break;
    default:
        break;
    }
}

static argonaut_option_price_t some(argonaut_price_t price) {
    return (argonaut_option_price_t){.is_some = true, .val = price};
}

/* The limit and the trigger of an order about to be sent. */
static void take_prices(argonaut_open_order_t *open, const argonaut_order_kind_t *kind) {
    switch (kind->tag) {
    case ARGONAUT_ORDER_KIND_LIMIT:
        open->limit_price = some(kind->val.limit);
        break;
    case ARGONAUT_ORDER_KIND_STOP_MARKET:
    case ARGONAUT_ORDER_KIND_MARKET_IF_TOUCHED:
        open->trigger_price = some(kind->val.stop_market.price);
        break;
    case ARGONAUT_ORDER_KIND_STOP_LIMIT:
    case ARGONAUT_ORDER_KIND_LIMIT_IF_TOUCHED:
        open->limit_price = some(kind->val.stop_limit.price);
        open->trigger_price = some(kind->val.stop_limit.trigger.price);
        break;
    default:
        break;
    }
}

static void sent(argonaut_order_id_t id, const argonaut_new_order_t *order,
                 argonaut_order_id_t list) {
    argonaut_open_order_t open = {
        .order = id,
        .instrument = order->instrument,
        .side = order->side,
        .quantity = order->quantity,
        .status = ARGONAUT_ORDER_STATUS_INITIALIZED,
        .tag = order->tag,
        .list = {.is_some = list != 0, .val = list},
        .position = order->position,
    };
    take_prices(&open, &order->kind);
    insert(&open);
}

argonaut_new_order_t argonaut_new_order(argonaut_instrument_id_t instrument, argonaut_side_t side,
                                        argonaut_quantity_t quantity) {
    argonaut_new_order_t order = {
        .instrument = instrument,
        .side = side,
        .kind = {.tag = ARGONAUT_ORDER_KIND_MARKET},
        .quantity = quantity,
        .tif = {.tag = ARGONAUT_TIME_IN_FORCE_GTC},
    };
    return order;
}

argonaut_order_id_t argonaut_submit(argonaut_new_order_t *order) {
    argonaut_order_id_t id = argonaut_orders_submit(order);
    if (id) {
        sent(id, order, 0);
    }
    return id;
}

argonaut_order_id_t argonaut_submit_list(argonaut_new_order_t *list, size_t count) {
    argonaut_orders_list_new_order_t all = {.ptr = list, .len = count};
    argonaut_order_id_t first = argonaut_orders_submit_list(&all);
    for (size_t i = 0; first && i < count; i++) {
        sent(first + i, &list[i], first);
    }
    return first;
}

argonaut_order_id_t argonaut_market_order(argonaut_instrument_id_t instrument,
                                          argonaut_side_t side, argonaut_quantity_t quantity) {
    argonaut_new_order_t order = argonaut_new_order(instrument, side, quantity);
    argonaut_order_id_t id = argonaut_orders_submit_market(instrument, side, quantity, &order.tif, 0);
    if (id) {
        sent(id, &order, 0);
    }
    return id;
}

argonaut_order_id_t argonaut_limit_order(argonaut_instrument_id_t instrument, argonaut_side_t side,
                                         argonaut_quantity_t quantity, argonaut_price_t price) {
    argonaut_new_order_t order = argonaut_new_order(instrument, side, quantity);
    order.kind = (argonaut_order_kind_t){.tag = ARGONAUT_ORDER_KIND_LIMIT, .val = {.limit = price}};
    argonaut_order_id_t id =
        argonaut_orders_submit_limit(instrument, side, quantity, price, &order.tif, 0);
    if (id) {
        sent(id, &order, 0);
    }
    return id;
}

argonaut_order_id_t argonaut_stop_order(argonaut_instrument_id_t instrument, argonaut_side_t side,
                                        argonaut_quantity_t quantity, argonaut_price_t trigger) {
    argonaut_new_order_t order = argonaut_new_order(instrument, side, quantity);
    order.kind = (argonaut_order_kind_t){
        .tag = ARGONAUT_ORDER_KIND_STOP_MARKET,
        .val = {.stop_market = {.price = trigger, .by = ARGONAUT_TRIGGER_BY_BID_ASK}},
    };
    argonaut_order_id_t id =
        argonaut_orders_submit_stop_market(instrument, side, quantity, trigger, &order.tif, 0);
    if (id) {
        sent(id, &order, 0);
    }
    return id;
}
