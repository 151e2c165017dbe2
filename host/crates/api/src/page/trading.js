// Positions, fills and balances.

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
    element("td", { text: item.strategy }), element("td", {}, [
      element("div", { text: item.instrument }), element("div", { className: "faint small", text: item.position ?? "" }),
    ]),
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
