// Four eyes: what waits for a second person, what that person says, and doing what was confirmed.

const API = "/api/v1";
/** How what takes two people is sent; everything else is a POST. */
const METHODS = [["/risk/kill/", "DELETE"], ["/risk/limits/", "PUT"], ["/risk/factors/", "PUT"], ["/risk/states/", "PUT"], ["/risk/locates", "PUT"]];

const methodOf = (path) => METHODS.find(([begin]) => path.startsWith(begin))?.[1] ?? "POST";
const isOwn = (item) => item.asked_by === session.user;

/** The request once more, to the byte, as it was kept: its query, a line break, its body. */
function keptRequest(item) {
  const at = item.request.indexOf("\n");
  const [query, body] = [item.request.slice(0, at), item.request.slice(at + 1)];
  const path = item.subject.slice(API.length);
  return { method: methodOf(path), path: query ? `${path}?${query}` : path, body: body || undefined };
}

async function decide(id, word) {
  await call("POST", `/approvals/${encodeURIComponent(id)}/${word}`);
  await loadApprovals();
}

async function carryOut(item) {
  const { method, path, body } = keptRequest(item);
  // What was confirmed replaces the limits whatever they are by now: two people looked at it.
  const condition = path.startsWith("/risk/limits/") ? { "If-Match": "*" } : {};
  await call(method, path, body, "application/json", { ...condition, "X-Approval": item.id });
  notice(`${item.operation} was done.`, "calm");
  await loadApprovals();
}

const approvalRows = new Rows(
  "approvals",
  (item) => [
    element("td", {}, [
      element("strong", { text: item.operation }),
      element("div", { className: "code wrap", text: item.subject }),
      element("div", { className: "code kept", text: item.request.trim() }),
    ]),
    labelled("Asked for by", element("td", {}, [
      element("div", { text: item.asked_by }),
      element("div", { className: "faint small wrap", text: `${moment(item.asked)}, until ${moment(item.expires)}`, title: item.id }),
    ])),
    labelled("State", cell("wrap")),
    element("td", {}, [element("div", { className: "buttons" }, [
      deed({ text: "Confirm", title: "Agree: who asked may do it once", operation: "approvals.confirm", sure: `Confirm ${item.operation} of ${item.subject}, asked for by ${item.asked_by}?` },
        () => decide(item.id, "confirm")),
      deed({ text: isOwn(item) ? "Take back" : "Refuse", title: "It is not done", operation: "approvals.refuse" },
        () => decide(item.id, "refuse")),
      deed({ text: "Do it", title: "Send what was confirmed once more; it is done now", operation: item.operation },
        () => carryOut(item)),
    ])]),
  ],
  (cells, item) => {
    const by = item.decided_by ? ` by ${item.decided_by}` : "";
    setText(cells[2], item.state === "OPEN" ? "waits" : `${item.state.toLowerCase()}${by}`);
    setClass(cells[2], `wrap ${{ OPEN: "warn", CONFIRMED: "up" }[item.state] ?? "down"}`);
    const [yes, no, go] = cells[3].firstChild.children;
    const isOpenYet = item.state === "OPEN";
    allow(yes, isOpenYet && !isOwn(item) && may(item.operation));
    allow(no, isOpenYet && (isOwn(item) || may(item.operation)));
    allow(go, item.state === "CONFIRMED" && isOwn(item));
  },
);

/** What is done is no more to be looked at; what was refused only by who asked for it. */
const isShown = (item) => item.state === "OPEN" || item.state === "CONFIRMED" || (item.state === "REFUSED" && isOwn(item));

function showApprovals() {
  const shown = state.approvals.filter(isShown);
  byId("approvals-section").hidden = shown.length === 0;
  approvalRows.show(shown, (item) => item.id);
}

async function loadApprovals() {
  if (!looks() || session.state !== "IN" || !may("approvals.list")) return;
  state.approvals = await call("GET", "/approvals");
  showApprovals();
}
