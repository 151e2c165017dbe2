// The kill switch's question, and loading or swapping a plugin.

function notice(text, kind = "") {
  const bar = byId("notice");
  setText(bar, text);
  setClass(bar, kind);
  bar.hidden = false;
  clearTimeout(bar.timer);
  bar.timer = setTimeout(() => { bar.hidden = true; }, 8000);
}

/** Says why something was not done; that it waits for a second person is no fault. */
const tell = (error) => notice(error.message, error instanceof Waits ? "calm" : "");

const killDialog = byId("kill-dialog");

function askKill(scope, killed) {
  killDialog.dataset.set = String(!killed);
  killDialog.dataset.scope = scope;
  setText(killDialog.querySelector("h3"), killed
    ? `Clear the kill latch of ${scope}?` : `Stop all trading of ${scope}?`);
  setText(killDialog.querySelector("p"), killed
    ? "Orders may leave again as the trading state allows. A kill file must be removed first."
    : "The kill latch cancels all orders and denies every new one until it is cleared.");
  killDialog.returnValue = "no";
  killDialog.showModal();
}

byId("kill").addEventListener("click", () => askKill("firm", state.engine?.killed ?? false));

killDialog.addEventListener("close", async () => {
  if (killDialog.returnValue !== "yes") return;
  try {
    const { scope, set } = killDialog.dataset;
    takers.risk(set === "true"
      ? await call("POST", "/risk/kill", { scope })
      : await call("DELETE", `/risk/kill/${scope}`));
    showRisk();
  } catch (error) {
    tell(error);
  }
});

byId("trading-state").addEventListener("change", async (event) => {
  const choice = event.target;
  try {
    takeEngine(await call("POST", "/engine/trading-state", { state: choice.value }));
  } catch (error) {
    tell(error);
  }
  choice.blur();
  showEngine();
});

const pluginDialog = byId("plugin-dialog");
const pluginForm = pluginDialog.querySelector("form");

function openPluginDialog(mode, title, parameters) {
  pluginForm.reset();
  pluginDialog.dataset.mode = mode;
  setText(pluginDialog.querySelector("h3"), title);
  setText(pluginForm.querySelector("[type=submit]"), mode === "load" ? "Load and start" : "Swap");
  for (const part of pluginForm.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== mode;
  pluginForm.elements.name.required = mode === "load";
  pluginForm.elements.file.required = mode === "load";
  pluginForm.elements.parameters.value = parameters;
  setText(pluginForm.querySelector(".result"), "");
  pluginDialog.showModal();
}

function openSwap(strategy) {
  pluginDialog.dataset.strategy = strategy.name;
  const pairs = Object.entries(strategy.plugin?.parameters ?? {});
  const text = pairs.map(([name, value]) => `${name}=${value}`).join("\n");
  openPluginDialog("swap", `Swap ${strategy.name}`, text);
}

byId("load").addEventListener("click", () => openPluginDialog("load", "Load a strategy", ""));
pluginDialog.querySelector("[data-close]").addEventListener("click", () => pluginDialog.close());

function readParameters(text) {
  const parameters = {};
  for (const line of text.split("\n").map((part) => part.trim()).filter(Boolean)) {
    const at = line.indexOf("=");
    if (at < 1) throw new Error(`"${line}" is not name=value`);
    parameters[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return parameters;
}

function queryOf(parameters, rest = {}) {
  const query = new URLSearchParams(rest);
  for (const [name, value] of Object.entries(parameters)) query.set(`param.${name}`, value);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The header with a signature: the Base64 of its file. */
async function signatureHeader(file) {
  if (!file) return {};
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { "X-Plugin-Signature": btoa(String.fromCharCode(...bytes)) };
}

async function sendPlugin() {
  const { name, file, signature, parameters } = pluginForm.elements;
  const values = readParameters(parameters.value);
  const [plugin] = file.files;
  const headers = await signatureHeader(signature.files[0]);
  if (pluginDialog.dataset.mode === "load") {
    const query = queryOf(values, { name: name.value.trim(), start: "true" });
    const strategy = await call("POST", `/strategies${query}`, plugin, "application/wasm", headers);
    return `${strategy.name}: ${strategy.state}`;
  }
  const path = `/strategies/${encodeURIComponent(pluginDialog.dataset.strategy)}`;
  const report = plugin
    ? await call("POST", `${path}/swap${queryOf(values)}`, plugin, "application/wasm", headers)
    : await call("PUT", `${path}/parameters`, { parameters: values });
  const microseconds = (Number(report.switch_ns) / 1000).toFixed(1);
  const milliseconds = (Number(report.total_ns) / 1e6).toFixed(1);
  return `Switched between inputs ${report.committed_at} and the next; caught up on ` +
    `${report.caught_up} events; engine held for ${microseconds} µs of ${milliseconds} ms.`;
}

pluginForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const result = pluginForm.querySelector(".result");
  const submit = pluginForm.querySelector("[type=submit]");
  setClass(result, "result faint");
  setText(result, "…");
  submit.disabled = true;
  try {
    setText(result, await sendPlugin());
    setClass(result, "result up");
  } catch (error) {
    setText(result, error.message);
    setClass(result, "result down");
  } finally {
    submit.disabled = false;
  }
});
