// Pipelines: the latest run of each strategy, gate by gate, with what was measured beside what was wanted.

const RUN_KINDS = { PASSED: "good", FAILED: "bad", CANCELLED: "bad", WAITING: "odd", INTERRUPTED: "odd", RUNNING: "on" };
const GATE_MARKS = { PASSED: "✓", FAILED: "✗", CANCELLED: "✗", RUNNING: "▸", WAITING: "…", INTERRUPTED: "‖", PENDING: "·" };
const GATE_CLASSES = { PASSED: "up", FAILED: "down", CANCELLED: "down", WAITING: "warn", INTERRUPTED: "warn", PENDING: "faint" };

const percent = (share) => `${Math.floor(100 * share)} %`;

function criterionLine({ name, wanted, measured, holds }) {
  return element("div", { className: "criterion" }, [
    element("span", { className: holds ? "up" : "down", text: holds ? "✓" : "✗" }),
    element("span", { text: name }),
    element("span", { className: holds ? "" : "down", text: measured ?? "not measured" }),
    element("span", { className: "faint", text: wanted }),
  ]);
}

/** A gate of a run with all that was asked of it. */
function gateBlock(step) {
  const done = step.state === "RUNNING" ? ` ${percent(step.progress)}` : "";
  return element("div", { className: "gate" }, [
    element("div", {
      className: GATE_CLASSES[step.state] ?? "", text: `${GATE_MARKS[step.state] ?? ""} ${step.stage}${done}`,
      title: [step.state, step.began, step.ended].filter(Boolean).join("\n"),
    }),
    ...(step.verdict ? [element("div", { className: "faint small wrap", text: step.verdict })] : []),
    ...step.criteria.map(criterionLine),
  ]);
}

/** What the gate whose turn it is was asked; while that has told nothing yet, what the one before was. */
function criteriaNow(run) {
  const at = run.stages.findIndex((step) => step.stage === run.stage);
  const told = run.stages.slice(0, at + 1).filter((step) => step.criteria.length > 0);
  return told.at(-1) ?? null;
}

function measuredParts(run) {
  if (!run) return [];
  const now = criteriaNow(run);
  const parts = now === null ? [] : [element("div", { className: "faint small", text: now.stage }), ...now.criteria.map(criterionLine)];
  const all = element("details", {}, [element("summary", { text: "All gates" }), ...run.stages.map(gateBlock)]);
  return [...parts, all];
}

/** Puts the figures anew, with what was unfolded left so. */
function showMeasured(node, run) {
  const digest = JSON.stringify(run?.stages ?? []);
  if (node.digest === digest) return;
  node.digest = digest;
  const wasOpen = [...node.children].at(-1)?.open ?? false;
  const parts = measuredParts(run);
  if (parts.length > 0) parts.at(-1).open = wasOpen;
  node.replaceChildren(...parts);
}

async function sayOfRun(strategy, word, question) {
  const by = signer(question);
  if (!by) return;
  const run = state.pipelines.find((item) => item.strategy === strategy)?.latest;
  await call("POST", `/pipelines/${encodeURIComponent(strategy)}/runs/${run.id}/${word}`, { by });
  await loadPipelines();
}

const pipelineRows = new Rows(
  "pipelines",
  (item) => [
    element("td", {}, [
      element("strong", { text: item.strategy }),
      element("div", { className: "down small wrap" }),
    ]),
    labelled("Version", element("td", {}, [element("div"), element("div", { className: "faint small wrap" })])),
    labelled("Gate", element("td", {}, [
      element("div", {}, [element("span"), element("span")]),
      element("progress", { max: 1 }), element("div", { className: "small marks" }),
    ])),
    labelled("Measured beside wanted", cell("measured small")), labelled("Verdict", cell("wrap small")),
    element("td", {}, [element("div", { className: "buttons" }, [
      deed({ text: "Approve", title: "Say yes to this version", operation: "pipelines.runs.approve", sure: `Say yes to the version of ${item.strategy} that waits?` },
        () => sayOfRun(item.strategy, "approve", "Who says yes?")),
      deed({ text: "Resume", title: "Go on with the gate at which the host ended", operation: "pipelines.runs.resume" },
        () => sayOfRun(item.strategy, "resume", "Who resumes it?")),
      deed({ text: "Cancel", title: "End the run; a canary or probation of it is taken back", operation: "pipelines.runs.cancel", sure: `End the run of ${item.strategy}?` },
        () => sayOfRun(item.strategy, "cancel", "Who ends it?")),
    ])]),
  ],
  (cells, item) => {
    const run = item.latest;
    setText(cells[0].children[1], item.error ?? "");
    setText(cells[1].children[0], run?.title ?? "–");
    cells[1].title = run ? [run.plugin, ...Object.entries(run.parameters).map(([name, value]) => `${name}=${value}`)].join("\n") : "";
    setText(cells[1].children[1], run ? `run ${run.id} by ${run.by}, ${moment(run.began)}` : item.stages.join(" → "));
    showGate(cells[2], run);
    showMeasured(cells[3], run);
    setText(cells[4], run?.verdict ?? "no run yet");
    setClass(cells[4], `wrap small ${run ? GATE_CLASSES[run.state] ?? "" : "faint"}`);
    const [approve, resume, cancel] = cells[5].firstChild.children;
    allow(approve, run?.state === "WAITING" && countsAsYes(run));
    allow(resume, run?.state === "INTERRUPTED");
    allow(cancel, ["RUNNING", "WAITING", "INTERRUPTED"].includes(run?.state));
  },
);

/** Who began a run, or has said yes, does not count. Without identity nobody here knows who asks. */
const countsAsYes = (run) => session.state !== "IN"
  || (run.by !== session.user && run.approvals.every(({ by }) => by !== session.user));

function showGate(node, run) {
  const [head, bar, marks] = node.children;
  const [badge, stage] = head.children;
  bar.hidden = head.hidden = !run;
  setText(marks, run ? run.stages.map((step) => GATE_MARKS[step.state] ?? "?").join(" ") : "");
  if (!run) return;
  setText(badge, run.state);
  setClass(badge, `badge ${RUN_KINDS[run.state] ?? ""}`);
  setText(stage, ` ${run.stage ?? ""} ${percent(run.progress)}`);
  bar.value = run.progress;
  marks.title = run.stages.map((step) => `${step.stage} ${step.state}`).join("\n");
}

function showPipelines() {
  byId("pipelines-section").hidden = state.pipelines.length === 0;
  pipelineRows.show(state.pipelines, (item) => item.strategy);
}

async function loadPipelines() {
  if (!looks() || !may("pipelines.list")) return;
  try {
    state.pipelines = await call("GET", "/pipelines");
  } catch (error) {
    // A host without pipelines says that there are none.
    if (error.code !== "NOT_FOUND") throw error;
    state.pipelines = [];
  }
  showPipelines();
}
