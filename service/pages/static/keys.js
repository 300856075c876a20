// Keys: / search, j k rows, Enter opens, arrows go to the next document, a r accept and reject, ? tells. Never while something is typed.

export function startKeys() {
  const help = document.getElementById("keys");
  const button = document.querySelector("[data-keys]");
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || help.open || isTyping(event.target)) return;
    const done = act(event.key, help, event.target);
    if (done) event.preventDefault();
  });
}

function isTyping(target) {
  return target.closest?.("input, select, textarea, [contenteditable]") !== null && target.closest?.("input, select, textarea, [contenteditable]") !== undefined;
}

function act(key, help, target) {
  if (key === "?") return help.showModal(), true;
  if (key === "/") return focusOn(document.querySelector("input[type=search]"));
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  if (key === "a" || key === "r") return say(key === "a" ? "accept" : "reject");
  const scrolls = target.closest?.(".facets, .months ol");
  if ((key === "ArrowLeft" || key === "ArrowRight") && !scrolls) return follow(document.querySelector(`[data-step=${key === "ArrowLeft" ? "previous" : "next"}]`));
  return false;
}

function focusOn(field) {
  field?.focus();
  field?.select();
  return Boolean(field);
}

function follow(link) {
  link?.click();
  return Boolean(link);
}

// The event in hand, else the first; the button is that of a mouse.
function say(what) {
  const card = document.activeElement?.closest(".card") ?? document.querySelector(".card:target, .card.lit") ?? document.querySelector(".card");
  const button = card?.querySelector(`button[data-say=${what}]`);
  button?.click();
  return Boolean(button);
}

// The row's link takes the focus, so that Enter opens it; beside a document the rows are its events.
function move(step) {
  const links = [...document.querySelectorAll("a[data-row], .card")];
  if (!links.length) return false;
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(Math.max(at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step, 0), links.length - 1)];
  document.querySelector("tr.current")?.classList.remove("current");
  next.closest("tr")?.classList.add("current");
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}
