// The versions of each strategy: what runs, the one before that is at hand, what is tried in a shadow, what is on
// probation or has some instruments as a canary, and what may be done with them.

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
    return back ? `went back from ${versionText(back.from)} at ${moment(back.time)}: ${inOneLine(back.reason)}` : "";
  }
  const bounds = [`more than ${watched.max_faults} faults`];
  if (watched.max_loss !== null) bounds.push(`a loss over ${watched.max_loss}`);
  if (watched.max_denials !== null) bounds.push(`more than ${watched.max_denials} denials`);
  if (watched.max_drawdown !== null) bounds.push(`a fall of more than ${watched.max_drawdown}`);
  if (watched.max_denied_percent !== null) bounds.push(`more than ${watched.max_denied_percent} % denied`);
  const canary = watched.canary ? `canary; ${WHEN_OVER[watched.canary.when_over] ?? ""} when over; ` : "";
  return `${canary}until ${moment(watched.until)}; back to ${versionText(watched.before)} after ${bounds.join(" or ")}`;
}

const WHEN_OVER = { ROLL_BACK: "goes back", PROMOTE: "gets all" };

function runningDetail(item) {
  const hash = item.plugin ? item.plugin.hash.slice(0, 10) : "";
  const canary = item.probation?.canary;
  return canary ? `${hash} has ${canary.instruments.join(", ")}` : hash;
}

/** What the version before has: the other instruments beside a canary, else nothing until it comes back. */
function beforeDetail({ probation }) {
  if (!probation?.before) return "";
  return `${probation.before.hash.slice(0, 10)} ${probation.canary ? "has all other instruments" : "at hand"}`;
}

/** What may be done, each with whether it fits how a strategy is. */
const VERSION_DEEDS = [
  ["Promote shadow", "Swap to the version in the shadow", "shadows.promote", "POST", "shadow/promote", (item) => item.shadow],
  ["End shadow", "The shadow is over", "shadows.end", "DELETE", "shadow", (item) => item.shadow],
  ["Promote canary", "It has all instruments", "canaries.promote", "POST", "canary/promote", (item) => item.probation?.canary],
  ["End canary", "The version before has all instruments again", "canaries.end", "DELETE", "canary", (item) => item.probation?.canary],
  ["Flip", "The version before and this one change places", "strategies.flip", "POST", "flip", (item) => isWarm(item)],
  ["Roll back", "The version before takes its place back", "strategies.roll_back", "POST", "rollback", (item) => isWarm(item)],
  ["Keep", "This version stays; the one before is let go", "strategies.probation.end", "DELETE", "probation", (item) => isWarm(item)],
];

const isWarm = ({ probation }) => probation !== null && !probation.canary;

function versionDeed(name, [text, title, operation, method, path]) {
  const sure = `${text}: ${name}? ${title}.`;
  return deed({ text, title, operation, sure }, async () => {
    await call(method, `/strategies/${encodeURIComponent(name)}/${path}`);
  });
}

const versionCell = () => element("td", {}, [
  element("div"), element("div", { className: "faint small wrap" }),
]);

const versionRows = new Rows(
  "versions",
  (item) => [
    element("td", {}, [element("strong", { text: item.name })]),
    ...["Running", "Before", "Shadow", "Probation or canary"].map((label) => labelled(label, versionCell())),
    element("td", {}, [
      element("div", { className: "buttons" }, VERSION_DEEDS.map((does) => versionDeed(item.name, does))),
    ]),
  ],
  (cells, item) => {
    const report = shadowReport(item);
    const shadow = item.shadow ?? report;
    const rows = [
      [item.plugin, versionText(item.plugin), runningDetail(item)],
      [item.probation?.before, versionText(item.probation?.before), beforeDetail(item)],
      [shadow?.plugin, versionText(shadow?.plugin), shadowDetail(item)],
      [item.probation ? item.plugin : null, item.probation ? versionText(item.plugin) : "–", probationDetail(item)],
    ];
    rows.forEach(([plugin, head, detail], place) => {
      const [first, second] = cells[place + 1].children;
      setText(first, head);
      first.title = versionTitle(plugin);
      setText(second, detail);
    });
    setClass(cells[3].children[0], item.shadow ? "" : "faint");
    const isOdd = report !== undefined && differenceCount(report) > 0;
    setClass(cells[3].children[1], `small wrap ${isOdd ? "warn" : "faint"}`);
    cells[3].children[1].title = report?.verdict ?? "";
    setClass(cells[4].children[1], `small wrap ${!item.probation && item.last_roll_back ? "down" : "faint"}`);
    const buttons = cells[5].firstChild.children;
    VERSION_DEEDS.forEach(([, , , , , fits], place) => allow(buttons[place], Boolean(fits(item))));
  },
);

function showVersions() {
  const sorted = [...state.strategies.values()].filter((item) => !item.manual);
  versionRows.show(sorted.sort((a, b) => a.id - b.id), (item) => item.name);
}

/** Asks how far shadows agree: those that trade, and once more those that have ended since. */
async function loadShadows() {
  if (!looks()) return;
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
