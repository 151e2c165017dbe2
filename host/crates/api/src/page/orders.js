// The table of orders, with their change and cancellation.

const SHOWN_ORDERS = 200;
let orderFilter = "open";

const lines = (...nodes) => element("td", {}, nodes);
const mainLine = () => element("div");
const smallLine = () => element("div", { className: "faint small" });

function buildOrder(item) {
  const change = element("button", {
    className: "small", type: "button", text: "Change", on: { click: () => openChange(item.id) },
  });
  const cancel = element("button", {
    className: "small", type: "button", text: "Cancel", on: { click: () => cancelOrder(item.id, cancel) },
  });
  const price = lines(mainLine(), smallLine());
  price.className = "number";
  return [
    lines(element("div", { className: "code", text: item.id }),
      element("div", { className: "faint small", text: item.strategy })),
    lines(element("div", {}, [sideText(item.side), ` ${item.instrument}`]), smallLine()),
    lines(element("div", { className: "small" }), smallLine()),
    numberCell(), price, cell("wrap small"),
    element("td", {}, [element("div", { className: "actions" }, [change, cancel])]),
  ];
}

/** What a list, a group and a tag say of an order. */
function placeText(item) {
  const parts = [];
  if (item.tag) parts.push(item.tag);
  if (item.parent_order) parts.push(`part of ${item.parent_order}`);
  if (item.list) {
    const group = item.rule ? `, ${item.rule} ${item.group}` : "";
    const child = item.parent === null ? "" : `, child of ${item.parent}`;
    parts.push(`list ${item.list}${group}${child}`);
  }
  return parts.join(" · ");
}

function termsText(item) {
  const parts = [item.time_in_force];
  if (item.post_only) parts.push("post-only");
  if (item.reduce_only) parts.push("reduce-only");
  if (item.display) parts.push(`shows ${item.display}`);
  if (item.trail) parts.push(`trails ${offsetText(item.trail)}`);
  if (item.algorithm) parts.push(`by ${item.algorithm}`);
  if (item.hold) parts.push(`held for ${item.hold.trigger} ${item.hold.trigger_by}`);
  return parts.join(" ");
}

const UNITS = { PRICE: "", BASIS_POINTS: " bp", TICKS: " ticks" };
const offsetText = ({ offset, unit }) => `${offset}${UNITS[unit]}`;

function triggerText(item) {
  const at = item.trigger_now ?? item.trigger;
  return item.trigger_by ? `at ${at ?? "–"} ${item.trigger_by}` : "";
}

function statusText(item) {
  if (item.change === "UPDATE_DENIED") {
    return `${item.status}; change refused, ${item.deny_code}: ${item.deny_reason}`;
  }
  if (item.change === "UPDATE_REJECTED") return `${item.status}; change refused by the venue`;
  return item.status + (item.deny_code ? ` ${item.deny_code}: ${item.deny_reason}` : "");
}

function updateOrder(cells, item) {
  setText(cells[1].lastChild, placeText(item));
  setText(cells[2].firstChild, item.type);
  setText(cells[2].lastChild, termsText(item));
  setText(cells[3], `${item.filled} / ${item.quantity}`);
  setText(cells[4].firstChild, item.average_price ?? item.price ?? "–");
  setText(cells[4].lastChild, triggerText(item));
  const refused = item.status === "DENIED" || item.status === "REJECTED";
  setText(cells[5], statusText(item));
  setClass(cells[5], refused ? "wrap small down" : "wrap small");
  const [change, cancel] = cells[6].firstChild.children;
  change.hidden = isClosed(item) || !may("orders.modify");
  cancel.hidden = isClosed(item) || !may("orders.cancel");
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

const changeDialog = byId("change-dialog");
const changeForm = changeDialog.querySelector("form");
const CHANGEABLE = ["quantity", "price", "trigger"];

function openChange(id) {
  const order = state.orders.get(id);
  if (!order) return;
  changeDialog.dataset.order = id;
  setText(changeDialog.querySelector("h3"), `Change ${order.type} ${id}`);
  for (const name of CHANGEABLE) {
    const input = changeForm.elements[name];
    input.value = order[name] ?? "";
    input.dataset.before = input.value;
    input.parentElement.hidden = order[name] === null;
  }
  setText(changeForm.querySelector(".result"), "");
  changeDialog.showModal();
}

changeDialog.querySelector("[data-close]").addEventListener("click", () => changeDialog.close());

changeForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const change = {};
  for (const name of CHANGEABLE) {
    const input = changeForm.elements[name];
    if (input.value.trim() !== input.dataset.before) change[name] = input.value.trim();
  }
  const result = changeForm.querySelector(".result");
  try {
    await call("PATCH", `/orders/${encodeURIComponent(changeDialog.dataset.order)}`, change);
    changeDialog.close();
  } catch (error) {
    setClass(result, "result down");
    setText(result, error.message);
  }
});
