// Risk: who may trade, what somebody should look at, and what may be lost.

const KEPT_ALERTS = 100;
const SHOWN_ALERTS = 20;

function takeAlert(item) {
  state.alerts.delete(item.id);
  state.alerts.set(item.id, item);
  if (state.alerts.size <= KEPT_ALERTS) return;
  state.alerts.delete(Math.min(...state.alerts.keys()));
}

const stateClass = (scope) => {
  if (scope.killed || scope.state === "HALTED") return "down";
  return scope.state === "REDUCING" ? "warn" : "up";
};

/** What the kill button does: set the latch, or clear it. */
const killOperation = (killed) => (killed ? "risk.kill.clear" : "risk.kill.set");

const scopeRows = new Rows(
  "scopes",
  (item) => {
    const button = element("button", {
      className: "small", type: "button",
      on: { click: () => askKill(item.scope, state.scopes.get(item.scope).killed) },
    });
    return [element("td", { text: item.scope }), cell(), element("td", {}, [button])];
  },
  (cells, item) => {
    setText(cells[1], item.killed ? `KILLED, ${item.state}` : item.state);
    setClass(cells[1], stateClass(item));
    setText(cells[2].firstChild, item.killed ? "Clear" : "Kill");
    cells[2].firstChild.hidden = !may(killOperation(item.killed));
  },
);

async function acknowledge(id) {
  const by = signer("Who has seen it?");
  if (!by) return;
  try {
    takeAlert(await call("POST", `/risk/alerts/${id}/acknowledge`, { by }));
    showAlerts();
  } catch (error) {
    tell(error);
  }
}

const alertClass = (item) => {
  if (item.state === "RESOLVED") return "faint";
  return item.severity === "WARNING" ? "warn" : "down";
};

function alertDetail(item) {
  const times = item.count > 1 ? ` ×${item.count}` : "";
  const seen = item.acknowledged_by ? `, seen by ${item.acknowledged_by}` : "";
  const raised = item.escalations > 0 ? `, escalated ×${item.escalations}` : "";
  return `${clock(item.last_time)} ${item.scope}${times}, ${item.state}${seen}${raised}`;
}

const alertRows = new Rows(
  "alerts",
  (item) => [
    element("td", { className: "wrap" }, [
      element("div", {}),
      element("div", { className: "faint small", title: item.first_time }),
    ]),
    element("td", { className: "number" }),
    element("td", {}, [element("button", {
      className: "small", type: "button", text: "Acknowledge",
      on: { click: () => acknowledge(item.id) },
    })]),
  ],
  (cells, item) => {
    const [head, detail] = cells[0].children;
    setText(head, `${item.severity} ${item.code.startsWith("P") ? `${item.code} ` : ""}${item.name}`);
    setClass(head, alertClass(item));
    setText(detail, alertDetail(item));
    // Alerts that no limit raised have no share of one.
    const share = Number(item.share);
    setText(cells[1], share > 0 ? `${(100 * share).toFixed(0)} %` : "–");
    cells[2].firstChild.hidden = item.state !== "OPEN" || !may("risk.alerts.acknowledge");
  },
);

function showAlerts() {
  const newest = [...state.alerts.values()].sort((a, b) => b.id - a.id).slice(0, SHOWN_ALERTS);
  alertRows.show(newest, (item) => item.id);
}

function showRisk() {
  scopeRows.show([...state.scopes.values()], (item) => item.scope);
}

const ABSENT = "n/a";
const amount = (value) => (value === null ? ABSENT
  : value.toLocaleString("en", { maximumFractionDigits: 0 }));
const ratio = (value) => (value === null ? ABSENT : value.toFixed(2));

/** The figure, and why there is none where there is none. */
function setFigure(cell, text, why) {
  setText(cell, text);
  cell.title = text === ABSENT ? why ?? "" : "";
}

function largest(item) {
  const [first] = [...item.instruments].sort((a, b) => b.gross - a.gross);
  return first ? `${first.instrument} ${(100 * (item.largest_share ?? 0)).toFixed(0)} %` : "–";
}

const metricRows = new Rows(
  "metrics",
  (item) => [
    element("td", { text: item.scope }),
    ...Array.from({ length: 6 }, () => element("td", { className: "number" })),
    element("td", { className: "faint small" }),
  ],
  (cells, item) => {
    const place = item.tails.length - 1;
    const tail = item.tails[place] ?? { historical: null, historical_shortfall: null };
    const why = (path) => item.unavailable[path];
    setText(cells[0], `${item.scope} (${item.currency})`);
    setFigure(cells[1], amount(tail.historical), why(`tails/${place}/historical`));
    setFigure(cells[2], amount(tail.historical_shortfall), why(`tails/${place}/historical_shortfall`));
    setFigure(cells[3], amount(item.drawdown.current), why("drawdown/current"));
    setFigure(cells[4], ratio(item.leverage), why("leverage"));
    setFigure(cells[5], amount(item.exposure?.gross ?? null), why("exposure"));
    setFigure(cells[6], amount(item.exposure?.net ?? null), why("exposure"));
    setText(cells[7], largest(item));
  },
);

function showMetrics() {
  const metrics = state.metrics;
  if (!metrics) return;
  const tail = metrics.scopes[0]?.tails.at(-1);
  const hours = Number(metrics.horizon_ns) / 3.6e12;
  setText(byId("metrics-tail"), tail ? `VaR ${(100 * Number(tail.confidence)).toFixed(1)} %` : "VaR");
  setText(byId("metrics-time"), `over ${hours.toFixed(1)} h, at ${clock(metrics.time)}`);
  metricRows.show(metrics.scopes, (item) => item.scope);
}
