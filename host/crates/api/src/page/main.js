// Ties the parts together.

const QUOTES_PER_SECOND = 5;

const shows = {
  engine: showEngine, quotes: showInstruments, strategies: showAllOfStrategies,
  positions: showPositions, orders: showOrders, fills: showFills, accounts: showBalances,
  risk: showRisk, alerts: showAlerts, metrics: showMetrics,
};
const changed = new Set();

function showAllOfStrategies() {
  showStrategies();
  showVersions();
}

function showAll() {
  for (const show of [...Object.values(shows), showApprovals, showPipelines, showQuarantine, showNotifications]) show();
}

function showChanged() {
  for (const channel of changed) shows[channel]();
  changed.clear();
}

function receive(message) {
  if (message.type === "hello") {
    takeRun(message.run);
    loadInstruments().catch(tell);
    loadAlgorithms().catch(tell);
  }
  if (message.type === "error") notice(`${message.field ?? ""} ${message.reason}`);
  const channel = apply(message);
  if (!channel) return;
  if (changed.size === 0) requestAnimationFrame(showChanged);
  changed.add(channel);
}

function showStatus(trouble) {
  document.body.classList.toggle("offline", trouble !== null);
  if (trouble !== null) setText(byId("offline"), trouble);
}

const themes = window.matchMedia("(prefers-color-scheme: light)");

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}

setTheme(localStorage.getItem("theme") ?? (themes.matches ? "light" : "dark"));
byId("theme").addEventListener("click", () => {
  setTheme(document.documentElement.dataset.theme === "light" ? "dark" : "light");
  drawEquity();
});
byId("log-strategy").addEventListener("change", () => showLog().catch(() => {}));

setInterval(() => {
  sampleEquity();
  drawEquity();
}, 1000);
// What cannot be read now is read in two seconds; the bar at the top says when we are offline.
setInterval(() => {
  showLog().catch(() => {});
  loadShadows().catch(() => {});
  loadApprovals().catch(() => {});
}, 2000);
const loadSlowly = () => {
  loadPipelines().catch(() => {});
  loadQuarantine().catch(() => {});
  loadNotifications().catch(() => {});
};
setInterval(loadSlowly, 5000);

let stream = null;

/** Shows the host, once it is known who looks on. */
function begin() {
  stream ??= new Stream(
    [
      { channel: "engine" }, { channel: "strategies" }, { channel: "accounts" },
      { channel: "positions" }, { channel: "orders" }, { channel: "fills" },
      { channel: "risk" }, { channel: "alerts" }, { channel: "metrics" },
      { channel: "quotes", max_hz: QUOTES_PER_SECOND },
    ],
    receive,
    showStatus,
  );
  loadSlowly();
  loadApprovals().catch(() => {});
}

/** Asks the host whether somebody has to log in, until it answers. */
async function start() {
  try {
    await refresh();
    showStatus(null);
    if (isOpen()) begin();
  } catch (error) {
    showStatus(`Not connected (${error.message}) Trying again…`);
    setTimeout(start, 2000);
  }
}

start();
