// The header and the instruments.

function showEngine() {
  const { engine, rate } = state;
  if (!engine) return;
  const kind = engine.state === "RUNNING" ? "good" : engine.state === "ERROR" ? "bad" : "odd";
  setText(byId("engine-state"), engine.state);
  setClass(byId("engine-state"), `badge ${kind}`);
  byId("killed").hidden = !engine.killed;
  setText(byId("engine-time"), `${engine.time.slice(0, 10)} ${clock(engine.time)}`);
  setText(byId("event-rate"), rate === null ? "–" : Math.round(rate).toLocaleString("en-US"));
  setText(byId("sequence"), engine.sequence.toLocaleString("en-US"));
  setText(byId("ignored"), engine.ignored.toLocaleString("en-US"));
  setText(byId("run"), engine.run);
  const choice = byId("trading-state");
  if (document.activeElement !== choice) choice.value = engine.trading_state;
  const kill = byId("kill");
  setText(kill, engine.killed ? "Clear kill latch" : "Kill switch");
  kill.classList.toggle("set", engine.killed);
  kill.hidden = !may(killOperation(engine.killed));
  // What lets trade again is the clearing of a kill, by whichever way it comes.
  for (const option of choice.options) option.disabled = option.value === "ACTIVE" && !may("risk.kill.clear");
}

function buildInstrument(item) {
  const chart = makeCanvas(150, 26);
  return [
    element("td", {}, [element("strong", { text: item.symbol })]),
    element("td", { className: "faint small minor", text: item.class }),
    numberCell(), numberCell(), cell("number faint"),
    element("td", {}, [chart]), cell("number faint small minor"),
  ];
}

function updatePrice(node, text) {
  const before = Number(node.dataset.value);
  const now = Number(text);
  if (node.dataset.value !== undefined && before !== now) flash(node, now - before);
  node.dataset.value = text;
  setText(node, text);
}

function updateInstrument(cells, item) {
  const { quote } = item;
  if (!quote || cells[0].drawn === quote) return;
  cells[0].drawn = quote;
  updatePrice(cells[2], quote.bid);
  updatePrice(cells[3], quote.ask);
  setText(cells[4], (Number(quote.ask) - Number(quote.bid)).toFixed(item.price_digits));
  drawLine(cells[5].firstChild, item.mids);
  setText(cells[6], clock(quote.ts_event));
}

const instrumentRows = new Rows("instruments", buildInstrument, updateInstrument);
const showInstruments = () =>
  instrumentRows.show(state.instruments.values(), (item) => item.symbol);

async function loadInstruments() {
  const list = await call("GET", "/instruments");
  for (const item of list) {
    const mids = state.instruments.get(item.symbol)?.mids ?? [];
    state.instruments.set(item.symbol, { ...item, mids });
  }
  const select = byId("ticket").elements.instrument;
  const chosen = select.value;
  select.replaceChildren(...list.map((item) => element("option", { text: item.symbol })));
  if (state.instruments.has(chosen)) select.value = chosen;
  showInstruments();
}
