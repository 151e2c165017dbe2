// The versions of each strategy: what runs, what is tried in a shadow, what is on probation.

const versionText = (plugin) => (plugin ? `${plugin.name} ${plugin.version}` : "–");

function versionTitle(plugin) {
  const pairs = Object.entries(plugin?.parameters ?? {}).map(([name, value]) => `${name}=${value}`);
  return plugin ? [plugin.hash, ...pairs].join("\n") : "";
}

const moment = (rfc) => `${rfc.slice(0, 10)} ${rfc.slice(11, 19)}`;

/** The report of the shadow that trades, or of the one that is over. */
function shadowReport(item) {
  const report = state.shadows.get(item.name);
  return report && item.shadow && report.begun_at !== item.shadow.begun_at ? undefined : report;
}

const differenceCount = (report) => report.only_running + report.only_shadow + report.other_terms;

function shadowDetail(item) {
  const report = shadowReport(item);
  if (!report) return item.shadow ? `since ${moment(item.shadow.since)}` : "";
  const count = differenceCount(report);
  const kinds = [["only running", report.only_running], ["only shadow", report.only_shadow],
    ["other terms", report.other_terms]].filter(([, times]) => times > 0);
  const told = kinds.map(([kind, times]) => `${times} ${kind}`).join(", ");
  const differs = count === 0 ? "no differences" : `${count} ${count === 1 ? "difference" : "differences"} (${told})`;
  const over = item.shadow ? "" : `over${report.reason ? `, ${report.reason}` : ""}: `;
  return `${over}${report.matched} orders alike, ${differs}`;
}

function probationDetail(item) {
  const watched = item.probation;
  if (!watched) {
    const back = item.last_roll_back;
    return back ? `went back from ${versionText(back.from)} at ${moment(back.time)}: ${back.reason}` : "";
  }
  const bounds = [`more than ${watched.max_faults} faults`];
  if (watched.max_loss !== null) bounds.push(`a loss over ${watched.max_loss}`);
  if (watched.max_denials !== null) bounds.push(`more than ${watched.max_denials} denials`);
  return `until ${moment(watched.until)}; back to ${versionText(watched.before)} after ${bounds.join(" or ")}`;
}

const versionCell = () => element("td", {}, [
  element("div"), element("div", { className: "faint small wrap" }),
]);

const versionRows = new Rows(
  "versions",
  (item) => [
    element("td", {}, [element("strong", { text: item.name })]),
    versionCell(), versionCell(), versionCell(),
  ],
  (cells, item) => {
    const report = shadowReport(item);
    const shadow = item.shadow ?? report;
    const rows = [
      [item.plugin, versionText(item.plugin), item.plugin ? item.plugin.hash.slice(0, 10) : ""],
      [shadow?.plugin, versionText(shadow?.plugin), shadowDetail(item)],
      [item.probation ? item.plugin : null, item.probation ? versionText(item.plugin) : "–", probationDetail(item)],
    ];
    rows.forEach(([plugin, head, detail], place) => {
      const [first, second] = cells[place + 1].children;
      setText(first, head);
      first.title = versionTitle(plugin);
      setText(second, detail);
    });
    setClass(cells[2].children[0], item.shadow ? "" : "faint");
    const isOdd = report !== undefined && differenceCount(report) > 0;
    setClass(cells[2].children[1], `small wrap ${isOdd ? "warn" : "faint"}`);
    cells[2].children[1].title = report?.verdict ?? "";
    setClass(cells[3].children[1], `small wrap ${!item.probation && item.last_roll_back ? "down" : "faint"}`);
  },
);

function showVersions() {
  const sorted = [...state.strategies.values()].filter((item) => !item.manual);
  versionRows.show(sorted.sort((a, b) => a.id - b.id), (item) => item.name);
}

/** Asks how far shadows agree: those that trade, and once more those that have ended since. */
async function loadShadows() {
  if (document.hidden || document.body.classList.contains("offline")) return;
  const wanted = [...state.strategies.values()].filter((item) => {
    const report = state.shadows.get(item.name);
    return item.shadow !== null || (report !== undefined && report.reason === null);
  });
  await Promise.all(wanted.map(async ({ name }) => {
    try {
      state.shadows.set(name, await call("GET", `/strategies/${encodeURIComponent(name)}/shadow`));
    } catch {
      state.shadows.delete(name);
    }
  }));
  if (wanted.length > 0) showVersions();
}
