// Positions, orders, fills, balances and the order ticket.

const sideText = (side) => element("span", { className: side === "BUY" ? "up" : "down", text: side });

/** An average price with one digit more than the grid has; the exact one stays in the tooltip. */
function averageText(position) {
  const digits = state.instruments.get(position.instrument)?.price_digits;
  if (position.average_price === null || digits === undefined) return position.average_price ?? "–";
  return Number(position.average_price).toFixed(digits + 1);
}

const positionRows = new Rows(
  "positions",
  (item) => [
    element("td", { text: item.strategy }), element("td", { text: item.instrument }),
    numberCell(), numberCell(), numberCell(), numberCell(), cell("number faint"),
    element("td", { className: "faint small", text: item.currency ?? "" }),
  ],
  (cells, item) => {
    setText(cells[2], item.quantity);
    setClass(cells[2], `number ${signClass(Number(item.quantity))}`);
    setText(cells[3], averageText(item));
    cells[3].title = item.average_price ?? "";
    [[4, item.unrealized], [5, item.realized]].forEach(([index, amount]) => {
      setText(cells[index], money(amount));
      setClass(cells[index], `number ${signClass(Number(amount ?? 0))}`);
    });
    setText(cells[6], money(item.fees));
  },
);
const showPositions = () => positionRows.show(
  [...state.positions.values()].sort((a, b) => (positionKey(a) < positionKey(b) ? -1 : 1)),
  positionKey,
);

const SHOWN_ORDERS = 200;
let orderFilter = "open";

function buildOrder(item) {
  const cancel = element("button", {
    className: "small", type: "button", text: "Cancel",
    on: { click: () => cancelOrder(item.id, cancel) },
  });
  return [
    element("td", { className: "code", text: item.id }), element("td", { text: item.strategy }),
    element("td", { text: item.instrument }), element("td", {}, [sideText(item.side)]),
    element("td", { className: "small", text: `${item.type} ${item.time_in_force}` }),
    numberCell(), numberCell(), cell("wrap"), element("td", {}, [cancel]),
  ];
}

function updateOrder(cells, item) {
  setText(cells[5], `${item.filled} / ${item.quantity}`);
  setText(cells[6], item.average_price ?? item.price ?? item.trigger ?? "–");
  const refused = item.status === "DENIED" || item.status === "REJECTED";
  const why = item.deny_code ? ` ${item.deny_code}: ${item.deny_reason}` : "";
  setText(cells[7], item.status + why);
  setClass(cells[7], refused ? "wrap down" : "wrap");
  cells[8].firstChild.hidden = isClosed(item);
}

const orderRows = new Rows("orders", buildOrder, updateOrder);

function showOrders() {
  const wanted = [...state.orders.values()].filter((order) => isClosed(order) === (orderFilter === "closed"));
  orderRows.show(wanted.reverse().slice(0, SHOWN_ORDERS), (item) => item.id);
}

async function cancelOrder(id, button) {
  button.disabled = true;
  try {
    await call("DELETE", `/orders/${encodeURIComponent(id)}`);
  } catch (error) {
    button.title = error.message;
    button.textContent = "Refused";
  } finally {
    button.disabled = false;
  }
}

byId("order-filter").addEventListener("click", (event) => {
  if (!event.target.dataset.filter) return;
  orderFilter = event.target.dataset.filter;
  for (const button of event.currentTarget.children) {
    button.classList.toggle("on", button === event.target);
  }
  showOrders();
});

const fillRows = new Rows(
  "fills",
  (item) => [
    element("td", {}, [
      element("div", { text: item.instrument }),
      element("div", {
        className: "faint small", text: `${clock(item.ts_event)} ${item.strategy}`, title: item.ts_event,
      }),
    ]),
    element("td", { className: "number" }, [
      element("div", {}, [sideText(item.side), ` ${item.quantity}`]),
      element("div", { text: item.price }),
    ]),
  ],
  () => {},
);
const showFills = () => fillRows.show(
  state.fills, (item) => `${item.account}\n${item.execution}\n${item.order}`,
);

const balanceRows = new Rows(
  "balances",
  (item) => [
    element("td", {}, [
      element("div", { text: item.currency }),
      element("div", { className: "faint small", text: item.account }),
    ]),
    numberCell(), numberCell(),
  ],
  (cells, item) => {
    setText(cells[1], money(item.total));
    setText(cells[2], money(item.free));
    cells[1].title = item.total;
  },
);
const showBalances = () =>
  balanceRows.show(state.balances.values(), (item) => `${item.account}\n${item.currency}`);

const ticket = byId("ticket");
let ticketSide = "BUY";

function showTicketFields() {
  const kind = ticket.elements.type.value;
  for (const label of ticket.querySelectorAll("label[data-for]")) {
    label.hidden = label.dataset.for !== kind;
  }
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
showTicketFields();

ticket.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = (name) => ticket.elements[name].value.trim();
  const order = {
    instrument: field("instrument"), side: ticketSide, type: field("type"),
    quantity: field("quantity"), time_in_force: field("time_in_force"),
  };
  if (order.type === "LIMIT") order.price = field("price");
  if (order.type === "STOP_MARKET") order.trigger = field("trigger");
  const result = ticket.querySelector(".result");
  setClass(result, "result faint");
  setText(result, "…");
  try {
    const answer = await call("POST", "/orders", order);
    const denied = answer.status === "DENIED";
    setClass(result, denied ? "result down" : "result up");
    const why = answer.deny_code ? ` ${answer.deny_code}: ${answer.deny_reason}` : "";
    setText(result, `${answer.id} ${answer.status}${why}`);
  } catch (error) {
    setClass(result, "result down");
    setText(result, error.message);
  }
});
