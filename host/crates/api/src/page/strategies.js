// Strategies with their profit, actions and log.

const LOG_LINES = 200;

function action(text, item, path, title) {
  const button = element("button", { className: "small", type: "button", text, title });
  button.operation = `strategies.${path}`;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await call("POST", `/strategies/${encodeURIComponent(item.name)}/${path}`);
      button.title = title;
    } catch (error) {
      button.title = error.message;
      tell(error);
    } finally {
      showStrategies();
    }
  });
  return button;
}

function buildStrategy(item) {
  const swap = element("button", {
    className: "small", type: "button", text: "Swap…", title: "Change the plugin or its parameters",
    on: { click: () => openSwap(state.strategies.get(item.name)) },
  });
  const actions = item.manual ? [] : [
    action("Start", item, "start", "Start"),
    action("Pause", item, "pause", "Deny new orders, keep watching"),
    action("Resume", item, "resume", "Let it trade again"),
    action("Stop", item, "stop", "Stop and cancel its orders"),
    swap,
  ];
  return [
    element("td", {}, [
      element("strong", { text: item.name }),
      element("div", { className: "faint small", text: item.account }),
    ]),
    element("td", {}, [
      element("span"), element("div", { className: "small wrap" }), element("div", { className: "small wrap warn" }),
    ]),
    element("td", {}, [element("div"), element("div", { className: "faint code" })]),
    element("td", { className: "minor" }, [element("div", { className: "parameters code" })]),
    numberCell(),
    element("td", {}, [makeCanvas(110, 30)]),
    element("td", {}, [element("div", { className: "buttons" }, actions)]),
  ];
}

const STATE_KINDS = { RUNNING: "good", ERROR: "bad", PAUSED: "odd" };
const ALLOWED = {
  start: new Set(["STOPPED", "ERROR"]), pause: new Set(["RUNNING"]), resume: new Set(["PAUSED"]),
  stop: new Set(["RUNNING", "PAUSED"]),
};

function updateStrategy(cells, item) {
  const [badge, remark, care] = cells[1].children;
  setText(badge, item.state);
  setClass(badge, `badge ${STATE_KINDS[item.state] ?? ""}`);
  const fault = item.last_fault ? inOneLine(`${item.last_fault.kind}: ${item.last_fault.message}`) : "";
  setText(remark, item.swap ? `swap: ${item.swap}` : item.state === "ERROR" ? fault : "");
  setClass(remark, item.swap ? "small wrap warn" : "small wrap down");
  setText(care, careText(item));
  const [plugin, hash] = cells[2].children;
  setText(plugin, item.plugin ? `${item.plugin.name} ${item.plugin.version}` : item.manual ? "by hand" : "–");
  setText(hash, item.plugin ? item.plugin.hash.slice(0, 10) : "");
  const parameters = Object.entries(item.plugin?.parameters ?? {});
  const pairs = parameters.map(([name, value]) => `${name}=${value}`);
  setText(cells[3].firstChild, pairs.join("  "));
  cells[3].title = pairs.join("\n");
  updateProfit(cells, item.name);
  const [start, pause, resume, stop, swap] = cells[6].firstChild.children;
  if (!start) return;
  Object.entries({ start, pause, resume, stop }).forEach(([name, button]) => {
    allow(button, ALLOWED[name].has(item.state));
  });
  swap.hidden = item.state === "STOPPED" || item.state === "ERROR" || !may("strategies.swap");
}

function updateProfit(cells, name) {
  const amounts = [...profit(name).entries()].sort();
  const total = amounts[0]?.[1] ?? 0;
  const text = amounts.map(([currency, value]) => `${money(value)} ${currency}`).join(" · ");
  setText(cells[4], text || "–");
  setClass(cells[4], `number ${signClass(total)}`);
}

const strategyRows = new Rows("strategies", buildStrategy, updateStrategy);

function showStrategies() {
  const sorted = [...state.strategies.values()].sort((a, b) => a.id - b.id);
  strategyRows.show(sorted, (item) => item.name);
  const names = sorted.map((item) => item.name);
  const select = byId("log-strategy");
  if (select.dataset.names === names.join("\n")) return;
  select.dataset.names = names.join("\n");
  const chosen = select.value;
  const all = element("option", { value: "", text: "All strategies" });
  select.replaceChildren(all, ...names.map((name) => element("option", { text: name })));
  select.value = names.includes(chosen) ? chosen : "";
}

function drawEquity() {
  for (const [name, entry] of strategyRows.rows) {
    drawLine(entry.cells[5].firstChild, state.equity.get(name) ?? [], 0);
    updateProfit(entry.cells, name);
  }
}

const LEVEL_KINDS = { ERROR: "down", FAULT: "down", WARN: "warn", DEBUG: "faint" };

/** A line as the plugin wrote it: the host keeps it as one, with its breaks as escapes. */
const brokenUp = (text) => text.replace(/(?:\\r)?\\n/g, "\n").replaceAll("\\t", "\t");

/** The same in a single line, for cells. */
const inOneLine = (text) => text.replace(/(?:\\r)?\\n/g, " ").replaceAll("\\t", " ");

function logLine(line) {
  const kind = LEVEL_KINDS[line.level] ?? "";
  return element("div", {}, [
    element("span", { className: "faint", text: clock(line.time), title: line.time }),
    element("span", { className: "faint", text: line.strategy }),
    element("span", { className: kind, text: line.level }),
    element("span", { className: `text ${kind}`, text: brokenUp(line.text), title: line.text }),
  ]);
}

async function linesOf(strategy) {
  const path = `/strategies/${encodeURIComponent(strategy)}`;
  const [log, faults] = await Promise.all([call("GET", `${path}/log`), call("GET", `${path}/faults`)]);
  const broken = faults.map((fault) => ({
    time: fault.time, level: "FAULT", text: `${fault.kind} at input ${fault.sequence}: ${fault.message}`,
  }));
  return [...log, ...broken].map((line) => ({ strategy, ...line }));
}

let shownLog = "";

async function showLog() {
  if (!looks()) return;
  const chosen = byId("log-strategy").value;
  const names = chosen ? [chosen] : [...state.strategies.keys()];
  const lines = (await Promise.all(names.map(linesOf))).flat();
  lines.sort((a, b) => (a.time < b.time ? 1 : -1));
  const latest = lines.slice(0, LOG_LINES);
  const digest = JSON.stringify(latest);
  if (digest === shownLog) return;
  shownLog = digest;
  const empty = element("div", { className: "empty", text: "Nothing logged." });
  byId("log").replaceChildren(...(latest.length ? latest.map(logLine) : [empty]));
}
