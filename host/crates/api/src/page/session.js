// Who looks on, where identity is on. The access token is in memory only; what refreshes it is in a cookie that no
// script reads, so nothing here outlives the page but a sentence to be shown after it is loaded anew.

/** How long before its end a token is refreshed. */
const AHEAD_MS = 60000;
const LONGEST_MS = 600000;
const TRY_AGAIN_MS = 10000;
const LEAVING = "leaving";

/** `state`: STARTING until the host has said, then OFF (identity is off), IN, or OUT (somebody has to log in). */
const session = { state: "STARTING", access: null, until: 0, user: null, roles: [], operations: new Set(), timer: 0 };

/** Whether an operation of the policy may be done; before that is known, nothing may. */
const may = (operation) => session.state === "OFF" || (session.state === "IN" && session.operations.has(operation));
const isOpen = () => session.state === "OFF" || session.state === "IN";

/** Whether it is worth asking for what is shown. */
const looks = () => isOpen() && !document.hidden && !document.body.classList.contains("offline");

/** One after the other in all tabs: they share the cookie, and one that comes twice ends the session. */
const inTurn = (what) => (navigator.locks ? navigator.locks.request("argonaut-session", what) : what());

/** How long a token is good, by the host's clock alone: the browser's may be wrong. */
function lifetime(granted, response) {
  const lasts = Date.parse(granted.access_expires) - Date.parse(response.headers.get("date") ?? "");
  return Number.isFinite(lasts) ? Math.min(Math.max(lasts, TRY_AGAIN_MS), LONGEST_MS) : LONGEST_MS / 2;
}

/** Takes what the host grants, and asks what may be done with it. */
async function enter(granted, response) {
  const lasts = lifetime(granted, response);
  const shown = await ask("GET", "/auth/me", { access: granted.access });
  if (!shown.response.ok) throw refused(shown);
  const { user, roles, operations } = shown.answer;
  const had = [...session.operations].join();
  Object.assign(session, {
    state: "IN", access: granted.access, until: performance.now() + lasts, user, roles, operations: new Set(operations),
  });
  refreshIn(Math.max(lasts - AHEAD_MS, lasts / 2));
  showSession();
  // Rows show their buttons when something of them changes; here it is who may press them.
  if (had !== "" && had !== operations.join()) showAll();
}

function refreshIn(wait) {
  clearTimeout(session.timer);
  session.timer = setTimeout(() => refresh().catch(() => refreshIn(TRY_AGAIN_MS)), wait);
}

let refreshing = null;

/** New tokens for the cookie. Throws when the host does not answer; the state says whether it let somebody in. */
function refresh() {
  refreshing ??= inTurn(refreshOnce).finally(() => { refreshing = null; });
  return refreshing;
}

async function refreshOnce() {
  if (session.state === "OUT") return;
  const asked = await ask("POST", "/auth/refresh");
  const { response, answer } = asked;
  if (response.ok) {
    await enter(answer, response);
  } else if (answer?.code === "IDENTITY_OFF") {
    session.state = "OFF";
    showSession();
  } else if (response.status === 401) {
    leave(answer?.code === "REFRESH_REUSED"
      ? "Your session was ended: its cookie came twice, so an answer was lost or somebody else has it. Log in again."
      : "Your session has ended. Log in again.", answer?.code === "REFRESH_REUSED");
  } else {
    throw refused(asked);
  }
}

/** A token that will do for a while; nothing where identity is off or somebody has to log in first. */
async function currentToken() {
  if (session.state === "IN" && performance.now() > session.until - TRY_AGAIN_MS) await refresh();
  return session.access;
}

/** Forgets everything. What was shown goes with the page, which is loaded anew. */
function leave(words, always = false) {
  const before = session.state;
  clearTimeout(session.timer);
  Object.assign(session, { state: "OUT", access: null, user: null, roles: [], operations: new Set() });
  if (before !== "STARTING") {
    sessionStorage.setItem(LEAVING, words);
    location.reload();
    return;
  }
  // Who comes for the first time has no session that could have ended.
  const left = sessionStorage.getItem(LEAVING);
  sessionStorage.removeItem(LEAVING);
  openDoor(left ?? (always ? words : ""));
  showSession();
}

async function logOut() {
  const asked = await inTurn(() => ask("POST", "/auth/logout"));
  // Of a session that is over there is nothing to end.
  if (!asked.response.ok && asked.response.status !== 401) throw refused(asked);
  leave("You are logged out.");
}

/** Who signs what is done: whoever is logged in, or who they say they are where identity is off. */
function signer(question) {
  if (session.state === "IN") return session.user;
  const by = prompt(question, localStorage.getItem("operator") ?? "");
  if (by) localStorage.setItem("operator", by);
  return by;
}

/** Shows who is logged in, and hides what they may not do. */
function showSession() {
  byId("desk").hidden = !isOpen();
  document.body.classList.toggle("closed", !isOpen());
  byId("who").hidden = session.state !== "IN";
  setText(byId("who-name"), session.user ?? "");
  byId("who-name").title = session.roles.join(", ");
  for (const node of document.querySelectorAll("[data-may]")) node.hidden = !may(node.dataset.may);
}

/** A button that is there only for who may do its operation; `sure` is asked first. */
function deed({ text, title, operation, sure }, does) {
  const button = element("button", { className: "small", type: "button", text, title });
  button.operation = operation;
  button.addEventListener("click", async () => {
    if (sure && !confirm(sure)) return;
    button.disabled = true;
    try {
      await does();
    } catch (error) {
      tell(error);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

/** Shows a deed where it fits and may be done. */
function allow(button, fits) {
  button.hidden = !(fits && may(button.operation));
}
