// REST calls, and the WebSocket with reconnection.

/** What the host refused: its words, its `code`, and after how many seconds trying again may help. */
class Refused extends Error {
  constructor(text, code, wait) {
    super(text);
    this.code = code;
    this.wait = wait;
  }
}

/** What was asked and waits for a second person. */
class Waits extends Error {
  constructor(approval) {
    super(`${approval.operation} waits for a second person: see "Waits for two people".`);
    this.approval = approval;
  }
}

/** One request; `body` is sent as it is when it is text or a file. */
async function ask(method, path, { body, type = "application/json", headers = {}, access = session.access } = {}) {
  const request = { method, headers: { ...headers } };
  if (access !== null) request.headers.Authorization = `Bearer ${access}`;
  if (body !== undefined) {
    request.headers["Content-Type"] = type;
    const isPlain = type !== "application/json" || typeof body === "string";
    request.body = isPlain ? body : JSON.stringify(body);
  }
  try {
    const response = await fetch(`/api/v1${path}`, request);
    const text = await response.text();
    return { response, answer: text ? JSON.parse(text) : null };
  } catch (error) {
    throw new Error(`No answer (${error.message}); whether it was done is not known.`);
  }
}

const refused = ({ response, answer }) =>
  new Refused(problemText(answer, response), answer?.code, Number(response.headers?.get("retry-after") ?? 0));

/** A value that no other request has. Not `randomUUID`, which pages without TLS have not. */
const freshKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Asks for something, once: what changes has a key, so that it is not done twice whoever sends it again. A token that
 * is over is refreshed once: the host did nothing with it. */
async function call(method, path, body, type = "application/json", headers = {}) {
  const key = method === "GET" ? {} : { "Idempotency-Key": freshKey() };
  const options = { body, type, headers: { ...key, ...headers } };
  let asked = await ask(method, path, options);
  if (asked.response.status === 401 && asked.answer?.code === "UNAUTHENTICATED" && isOpen()) {
    await refresh();
    if (isOpen()) asked = await ask(method, path, options);
  }
  const { response, answer } = asked;
  if (!response.ok) throw refused(asked);
  if (response.status === 202 && answer?.asked_by !== undefined) {
    loadApprovals().catch(() => {});
    throw new Waits(answer);
  }
  return answer;
}

function problemText(problem, response) {
  if (!problem?.detail) return `${response.status} ${response.statusText}`;
  const where = problem.stage ? `${problem.stage}: ` : problem.field ? `${problem.field}: ` : "";
  return `${problem.code}: ${where}${problem.detail}`;
}

/** Subscribes to all channels and hands every message on; comes back when the line breaks. */
class Stream {
  constructor(subscriptions, onMessage, onStatus) {
    this.subscriptions = subscriptions;
    this.onMessage = onMessage;
    this.onStatus = onStatus;
    this.attempts = 0;
    this.isUnknown = false;
    this.connect();
  }

  async connect() {
    let token;
    try {
      if (this.isUnknown) await refresh();
      this.isUnknown = false;
      token = await currentToken();
    } catch (error) {
      this.reason = error.message;
      this.retry();
      return;
    }
    if (!isOpen()) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.expected = 1;
    this.silence = 0;
    socket.addEventListener("open", () => {
      if (token !== null) socket.send(JSON.stringify({ op: "authenticate", token }));
      this.subscriptions.forEach((wish, index) => {
        socket.send(JSON.stringify({ op: "subscribe", id: index + 1, ...wish }));
      });
    });
    socket.addEventListener("message", (event) => this.receive(socket, JSON.parse(event.data)));
    socket.addEventListener("close", () => this.retry());
  }

  receive(socket, message) {
    clearTimeout(this.silence);
    if (message.message !== this.expected) {
      this.reason = "messages were lost";
      socket.close();
      return;
    }
    this.expected += 1;
    if (message.type === "hello") {
      this.patience = 3 * message.heartbeat_ms;
      this.attempts = 0;
      this.reason = "";
      this.onStatus(null);
    }
    if (message.type === "bye") {
      this.reason = message.reason;
      this.isUnknown = message.code === "UNAUTHENTICATED";
    }
    this.silence = setTimeout(() => socket.close(), this.patience);
    this.onMessage(message);
  }

  retry() {
    clearTimeout(this.silence);
    const wait = Math.min(15000, 500 * 2 ** this.attempts) * (0.75 + Math.random() / 2);
    this.attempts += 1;
    this.onStatus(`Not connected${this.reason ? ` (${this.reason})` : ""}. Trying again…`);
    setTimeout(() => this.connect(), wait);
  }
}
