// What the page knows, kept from snapshots and updates.

const KEPT_FILLS = 100;
const KEPT_CLOSED_ORDERS = 100;
const KEPT_MIDS = 240;
const KEPT_EQUITY = 900;

const state = {
  run: null, engine: null, rate: null, rateFrom: null,
  instruments: new Map(), strategies: new Map(), positions: new Map(),
  scopes: new Map(), alerts: new Map(), metrics: null, orders: new Map(), fills: [], balances: new Map(), equity: new Map(),
  // Reports of shadows by strategy, as REST tells them.
  shadows: new Map(),
  // As REST tells them.
  approvals: [], pipelines: [], quarantine: [], notifications: [],
};

const CLOSED = new Set(["DENIED", "REJECTED", "CANCELED", "EXPIRED", "FILLED"]);
const isClosed = (order) => CLOSED.has(order.status);
const positionKey = (position) => [position.strategy, position.instrument, position.position ?? ""].join("\n");

/** Takes a position; of several in one instrument those that are over leave. */
function takePosition(position) {
  const over = position.position !== null && position.side === "FLAT";
  if (over) state.positions.delete(positionKey(position));
  else state.positions.set(positionKey(position), position);
}

function takeQuote(quote) {
  const entry = state.instruments.get(quote.instrument);
  if (!entry) return;
  entry.quote = quote;
  entry.mids.push((Number(quote.bid) + Number(quote.ask)) / 2);
  if (entry.mids.length > KEPT_MIDS) entry.mids.shift();
}

function takeOrder(order) {
  state.orders.delete(order.id);
  state.orders.set(order.id, order);
  let surplus = -KEPT_CLOSED_ORDERS;
  for (const known of state.orders.values()) surplus += isClosed(known) ? 1 : 0;
  if (surplus <= 0) return;
  for (const known of state.orders.values()) {
    if (isClosed(known)) {
      state.orders.delete(known.id);
      surplus -= 1;
      if (surplus === 0) return;
    }
  }
}

function takeFill(fill) {
  state.fills.unshift(fill);
  state.fills.length = Math.min(state.fills.length, KEPT_FILLS);
}

function takeBalances(account) {
  for (const balance of account.balances ?? [account]) {
    const name = account.account ?? account.name;
    state.balances.set(`${name}\n${balance.currency}`, { account: name, ...balance });
  }
}

/** Forgets what was seen of another run of the host. */
function takeRun(run) {
  if (state.run !== run) {
    state.equity.clear();
    state.shadows.clear();
    state.instruments.clear();
    state.rate = state.rateFrom = null;
  }
  state.run = run;
}

/** Inputs per second between two looks at the engine that are far enough apart. */
function takeEngine(engine) {
  state.engine = engine;
  const now = performance.now();
  const from = state.rateFrom;
  if (from && now - from.at < 900) return;
  if (from && engine.sequence >= from.sequence) {
    state.rate = ((engine.sequence - from.sequence) * 1000) / (now - from.at);
  }
  state.rateFrom = { at: now, sequence: engine.sequence };
}

const takers = {
  quotes: takeQuote,
  orders: takeOrder,
  fills: takeFill,
  positions: takePosition,
  strategies: (strategy) => state.strategies.set(strategy.name, strategy),
  accounts: takeBalances,
  engine: takeEngine,
  risk: (item) => state.scopes.set(item.scope, item),
  alerts: (item) => takeAlert(item),
  metrics: (item) => { state.metrics = item; },
};

const emptiers = {
  orders: () => state.orders.clear(),
  fills: () => { state.fills = []; },
  positions: () => state.positions.clear(),
  strategies: () => state.strategies.clear(),
  accounts: () => state.balances.clear(),
  risk: () => state.scopes.clear(),
  alerts: () => state.alerts.clear(),
  metrics: () => { state.metrics = null; },
};

/** Applies a message; returns the channel that changed, if one did. */
function apply(message) {
  const take = takers[message.channel];
  if (!take) return null;
  if (message.type === "snapshot") {
    emptiers[message.channel]?.();
    // Newest first on the wire; taken oldest first, so that the newest ends up on top.
    message.data.toReversed().forEach(take);
  } else if (message.type === "update") {
    take(message.data);
  } else {
    return null;
  }
  return message.channel;
}

/** Profit of a strategy by currency: realised less fees plus unrealised. */
function profit(name) {
  const byCurrency = new Map();
  for (const position of state.positions.values()) {
    // What several positions come to is told besides each of them.
    if (position.strategy !== name || position.position !== null) continue;
    const value = Number(position.realized) - Number(position.fees) + Number(position.unrealized ?? 0);
    const currency = position.currency ?? "";
    byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + value);
  }
  return byCurrency;
}

/** Samples every strategy's profit. With several currencies the chart follows the first one. */
function sampleEquity() {
  for (const name of state.strategies.keys()) {
    const [first] = [...profit(name).entries()].sort();
    if (!first) continue;
    const series = state.equity.get(name) ?? [];
    series.push(first[1]);
    if (series.length > KEPT_EQUITY) series.shift();
    state.equity.set(name, series);
  }
}
