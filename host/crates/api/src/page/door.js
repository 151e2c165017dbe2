// The door: logging in, and taking up an invitation.

const loginForm = byId("login");
const claimForm = byId("claim");

function say(form, text, className = "result faint") {
  const result = form.querySelector(".result");
  setClass(result, className);
  setText(result, text);
}

function openDoor(words) {
  byId("door").hidden = false;
  say(loginForm, words);
  (byId("invitation").open ? claimForm : loginForm).elements.name.focus();
}

/** Puts the invitation of a link (`/#claim=…`) into its form, and takes it out of the address, which others see. */
function takeLink() {
  const token = new URLSearchParams(location.hash.slice(1)).get("claim");
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  claimForm.elements.token.value = token;
  byId("invitation").open = true;
}

takeLink();
// The page may be there already when the link is followed.
window.addEventListener("hashchange", takeLink);

/** Nothing can be tried for so long; counts down. */
function lock(form, seconds) {
  const submit = form.querySelector("[type=submit]");
  submit.disabled = seconds > 0;
  if (seconds <= 0) {
    say(form, "You may try again.");
    return;
  }
  say(form, `Locked after too many failed tries. Wait ${seconds} s.`, "result down");
  setTimeout(() => lock(form, seconds - 1), 1000);
}

function doorText(error) {
  if (error.code === "WRONG_CREDENTIALS") return "Name or password is wrong, or may not be used from here.";
  if (error.code === "BUSY") return "Too many people log in at once. Try again.";
  return error.message;
}

/** Asks to be let in, and begins when one is. */
async function knock(form, path, body) {
  const submit = form.querySelector("[type=submit]");
  submit.disabled = true;
  say(form, "…");
  try {
    await inTurn(async () => {
      const asked = await ask("POST", path, { body });
      if (!asked.response.ok) throw refused(asked);
      await enter(asked.answer, asked.response);
    });
    form.reset();
    say(form, "");
    byId("door").hidden = true;
    submit.disabled = false;
    begin();
  } catch (error) {
    submit.disabled = false;
    if (error.code === "LOCKED" && error.wait > 0) lock(form, error.wait);
    else say(form, doorText(error), "result down");
  }
}

loginForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const { name, password } = loginForm.elements;
  knock(loginForm, "/auth/login", { name: name.value.trim(), password: password.value });
  password.value = "";
});

claimForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const { token, name, password, again } = claimForm.elements;
  if (password.value !== again.value) {
    say(claimForm, "The two passwords differ.", "result down");
    return;
  }
  knock(claimForm, "/auth/claim", { token: token.value.trim(), name: name.value.trim(), password: password.value });
});

byId("log-out").addEventListener("click", () => logOut().catch(tell));
