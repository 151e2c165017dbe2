// Whom the host tells what: how each route stands, and a message to try one.

/** What became of the messages of a route, without what there was none of. */
function tally(item) {
  const counts = [
    [item.waiting, "waiting"], [item.failed, "given up"], [item.dropped, "left out"], [item.hushed, "hushed"],
  ];
  const more = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return [`${item.sent} sent`, ...more].join(", ");
}

/** Sends a message at once; how the route stands then is shown, whatever came of it. */
async function tryRoute({ route }) {
  try {
    await call("POST", `/notifications/${encodeURIComponent(route)}/test`);
    notice(`${route} took the test message.`, "calm");
  } finally {
    await loadNotifications().catch(() => {});
  }
}

const notificationRows = new Rows(
  "notifications",
  (item) => [
    element("td", {}, [
      element("strong", { text: item.route }),
      element("div", { className: "faint small", text: item.sink }),
    ]),
    element("td", { className: "wrap" }, [element("div"), element("div", { className: "faint small" })]),
    element("td", {}, [element("div", { className: "buttons" }, [deed(
      { text: "Test", title: "Send a message now, whatever the hour", operation: "notifications.test" },
      () => tryRoute(item),
    )])]),
  ],
  (cells, item) => {
    const [stands, detail] = cells[1].children;
    setText(stands, item.state);
    setClass(stands, { OK: "up", FAILING: "down" }[item.state] ?? "faint");
    const why = item.state === "FAILING" ? item.last_error : null;
    const last = item.last_sent ? `, the last at ${moment(item.last_sent)}` : "";
    setText(detail, why ? inOneLine(why) : `${tally(item)}${last}`);
    cells[1].title = [tally(item), item.last_error].filter(Boolean).join("\n");
    allow(cells[2].firstChild.children[0], true);
  },
);

function showNotifications() {
  byId("notifications-section").hidden = state.notifications.length === 0;
  notificationRows.show(state.notifications, (item) => item.route);
}

async function loadNotifications() {
  if (!looks() || !may("notifications.list")) return;
  state.notifications = await call("GET", "/notifications");
  showNotifications();
}
