// Risk: who may trade, and what somebody should look at.

const KEPT_ALERTS = 100;
const SHOWN_ALERTS = 20;

function takeRisk(item) {
  if (item.kind === "SCOPE") {
    state.scopes.set(item.scope, item);
    return;
  }
  state.alerts.delete(item.id);
  state.alerts.set(item.id, item);
  if (state.alerts.size <= KEPT_ALERTS) return;
  state.alerts.delete(Math.min(...state.alerts.keys()));
}

const stateClass = (scope) => {
  if (scope.killed || scope.state === "HALTED") return "down";
  return scope.state === "REDUCING" ? "warn" : "up";
};

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
  },
);

async function acknowledge(id) {
  try {
    takeRisk(await call("POST", `/risk/alerts/${id}/ack`));
    showRisk();
  } catch (error) {
    notice(error.message);
  }
}

const alertRows = new Rows(
  "alerts",
  (item) => [
    element("td", {}, [
      element("div", { text: `${item.severity} ${item.code} ${item.control}` }),
      element("div", {
        className: "faint small", text: `${clock(item.time)} ${item.scope}`, title: item.time,
      }),
    ]),
    element("td", { className: "number", text: `${(100 * Number(item.share)).toFixed(0)} %` }),
    element("td", {}, [element("button", {
      className: "small", type: "button", text: "Seen", on: { click: () => acknowledge(item.id) },
    })]),
  ],
  (cells, item) => { cells[2].firstChild.hidden = item.acknowledged; },
);

function showRisk() {
  scopeRows.show([...state.scopes.values()], (item) => item.scope);
  const newest = [...state.alerts.values()].sort((a, b) => b.id - a.id).slice(0, SHOWN_ALERTS);
  alertRows.show(newest, (item) => item.id);
}
