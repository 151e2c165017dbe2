// REST calls, and the WebSocket with reconnection.

async function call(method, path, body, type = "application/json", headers = {}) {
  const request = { method, headers: { ...headers } };
  if (body !== undefined) {
    request.headers["Content-Type"] = type;
    request.body = type === "application/json" ? JSON.stringify(body) : body;
  }
  let response;
  let answer;
  try {
    response = await fetch(`/api/v1${path}`, request);
    const text = await response.text();
    answer = text ? JSON.parse(text) : null;
  } catch (error) {
    throw new Error(`No answer (${error.message}); whether it was done is not known.`);
  }
  if (!response.ok) throw new Error(problemText(answer, response));
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
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.expected = 1;
    this.silence = 0;
    socket.addEventListener("open", () => {
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
    if (message.type === "bye") this.reason = message.reason;
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
