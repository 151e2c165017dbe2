// The order ticket: every type with the fields it needs, alone or with exits.

const ticket = byId("ticket");
let ticketSide = "BUY";

const WITH_TRIGGER = ["STOP_MARKET", "STOP_LIMIT", "MARKET_IF_TOUCHED", "LIMIT_IF_TOUCHED"];
const TRAILING = ["TRAILING_STOP_MARKET", "TRAILING_STOP_LIMIT"];
const TYPES_WITH = {
  price: ["LIMIT", "STOP_LIMIT", "LIMIT_IF_TOUCHED"],
  trigger: WITH_TRIGGER,
  trigger_by: [...WITH_TRIGGER, ...TRAILING],
  trail: TRAILING,
  limit_offset: ["TRAILING_STOP_LIMIT"],
};

const ticketField = (name) => ticket.elements[name].value.trim();
const ticketHas = (part) => (part === "expires"
  ? ticketField("time_in_force") === "GTD"
  : TYPES_WITH[part].includes(ticketField("type")));

function showTicketFields() {
  for (const label of ticket.querySelectorAll("[data-for]")) label.hidden = !ticketHas(label.dataset.for);
}

for (const button of ticket.querySelectorAll("button[data-side]")) {
  button.addEventListener("click", () => {
    ticketSide = button.dataset.side;
    for (const other of ticket.querySelectorAll("button[data-side]")) {
      other.classList.toggle("on", other === button);
    }
  });
}
ticket.elements.type.addEventListener("change", showTicketFields);
ticket.elements.time_in_force.addEventListener("change", showTicketFields);
showTicketFields();

/** The moment of a datetime field, which is meant and labelled as UTC. */
const utc = (text) => (text.length === 16 ? `${text}:00Z` : `${text}Z`);

/** Offers the host's algorithms; without any the ticket does not mention them. */
async function loadAlgorithms() {
  const list = await call("GET", "/algorithms");
  const none = element("option", { text: "none", value: "" });
  ticket.elements.algorithm.replaceChildren(none, ...list.map(({ name }) => element("option", { text: name })));
  ticket.querySelector("[data-algorithms]").hidden = list.length === 0;
}

function readTicket() {
  const order = {
    instrument: ticketField("instrument"), side: ticketSide, type: ticketField("type"),
    quantity: ticketField("quantity"), time_in_force: ticketField("time_in_force"),
  };
  for (const name of ["price", "trigger", "trigger_by"]) {
    if (ticketHas(name)) order[name] = ticketField(name);
  }
  if (ticketHas("expires")) order.expires = utc(ticketField("expires"));
  if (ticketHas("trail")) {
    order.trail = { offset: ticketField("trail_offset"), unit: ticketField("trail_unit") };
    if (ticketField("activation")) order.trail.activation = ticketField("activation");
  }
  if (ticketHas("limit_offset")) {
    order.limit_offset = { offset: ticketField("limit_offset"), unit: ticketField("limit_unit") };
  }
  for (const name of ["post_only", "reduce_only", "quote_quantity"]) {
    if (ticket.elements[name].checked) order[name] = true;
  }
  for (const name of ["display", "tag"]) {
    if (ticketField(name)) order[name] = ticketField(name);
  }
  if (ticketField("algorithm")) {
    order.algorithm = { name: ticketField("algorithm"), parameters: readParameters(ticketField("parameters").replace(/\s+/g, "\n")) };
  }
  if (ticketField("hold")) order.hold = { trigger: ticketField("hold"), trigger_by: ticketField("hold_by") };
  return order;
}

/** An order alone, or with the exits that were filled in: each waits for the order's fill. */
async function placeTicket() {
  const entry = readTicket();
  const exits = {};
  if (ticketField("exit_stop")) exits.stop = { type: "STOP_MARKET", trigger: ticketField("exit_stop") };
  if (ticketField("exit_target")) exits.target = { type: "LIMIT", price: ticketField("exit_target") };
  const count = Object.keys(exits).length;
  if (count === 0) return [await call("POST", "/orders", entry)];
  if (count === 2) return (await call("POST", "/orders/lists", { bracket: { entry, ...exits } })).orders;
  const exit = {
    instrument: entry.instrument, side: entry.side === "BUY" ? "SELL" : "BUY",
    quantity: entry.quantity, reduce_only: true, parent: 0, ...exits.stop, ...exits.target,
  };
  return (await call("POST", "/orders/lists", { orders: [entry, exit] })).orders;
}

ticket.addEventListener("submit", async (event) => {
  event.preventDefault();
  const result = ticket.querySelector(".result");
  setClass(result, "result faint");
  setText(result, "…");
  try {
    const orders = await placeTicket();
    const denied = orders.some((order) => order.status === "DENIED");
    setClass(result, denied ? "result down" : "result up");
    const text = ({ id, status, deny_code: code, deny_reason: reason }) =>
      `${id} ${status}${code ? ` ${code}: ${reason}` : ""}`;
    setText(result, orders.map(text).join("\n"));
  } catch (error) {
    setClass(result, "result down");
    setText(result, error.message);
  }
});
