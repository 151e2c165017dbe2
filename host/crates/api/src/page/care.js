// Strategies that broke: how far their restart is, and plugins in quarantine.

/** The time of day of nanoseconds since the epoch. */
const clockOf = (nanoseconds) => new Date(Number(BigInt(nanoseconds) / 1000000n)).toISOString().slice(11, 19);

function restartText({ outcome, attempt, of, due_ns: due, reason }) {
  const count = `${attempt} of ${of}`;
  if (outcome === "WAITING") return `restart ${count} waits${due === null ? "" : ` until ${clockOf(due)}`}`;
  if (outcome === "RESTORED") return `started again (${count}) from what it had saved`;
  if (outcome === "FRESH") return `started again (${count}) from nothing${reason ? `: ${reason}` : ""}`;
  return `restarts given up at ${count}${reason ? `: ${reason}` : ""}`;
}

/** What is done about a strategy that broke, and whether its plugin may run at all. */
function careText(item) {
  const held = state.quarantine.find(({ hash }) => hash === item.plugin?.hash);
  const parts = [];
  if (item.restart) parts.push(restartText(item.restart));
  if (held) parts.push(`its plugin is in quarantine: ${inOneLine(held.quarantine?.reason ?? "it broke too often")}`);
  return parts.join("; ");
}

async function release(plugin) {
  const by = signer("Who releases it?");
  if (!by) return;
  await call("POST", `/plugins/${plugin.hash}/release`, { by });
  await loadQuarantine();
}

const quarantineRows = new Rows(
  "quarantine",
  (item) => [
    element("td", {}, [
      element("strong", { text: `${item.name} ${item.version}` }),
      element("div", { className: "faint code", text: item.hash.slice(0, 10), title: item.hash }),
    ]),
    element("td", { className: "wrap" }, [
      element("div"), element("div", { className: "faint small" }),
    ]),
    labelled("Who has it", cell("wrap small")),
    element("td", {}, [deed(
      { text: "Release", title: "It may run again; its strategies stay as they are", operation: "plugins.release", sure: `Let ${item.name} ${item.version} run again?` },
      () => release(item),
    )]),
  ],
  (cells, item) => {
    setText(cells[1].children[0], inOneLine(item.quarantine?.reason ?? ""));
    setText(cells[1].children[1], item.quarantine ? `since ${moment(item.quarantine.time)}` : "");
    cells[1].title = item.faults.map((fault) => `${moment(fault.time)} ${fault.strategy}: ${fault.fault}`).join("\n");
    setText(cells[2], item.used_by.map(({ role, name }) => `${role} ${name}`).join(", ") || "nobody");
    allow(cells[3].firstChild, true);
  },
);

function showQuarantine() {
  byId("quarantine-section").hidden = state.quarantine.length === 0;
  quarantineRows.show(state.quarantine, (item) => item.hash);
}

async function loadQuarantine() {
  if (!looks() || !may("plugins.quarantine.list")) return;
  const had = state.quarantine.length;
  state.quarantine = await call("GET", "/plugins/quarantine");
  showQuarantine();
  if (had + state.quarantine.length > 0) showStrategies();
}
