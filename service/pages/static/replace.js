// Links and forms marked data-replace: the main part of the page comes in place, the address stays the query.

let running = null;

export function startReplacing(whenReplaced) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-replace]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(addressOf(link), whenReplaced, whereabouts(link));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-replace]")) return;
    event.preventDefault();
    const given = [...new FormData(form)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(given).toString();
    go(query ? `${form.action}?${query}` : form.action, whenReplaced, null);
  });
  addEventListener("popstate", () => show(location.href, whenReplaced, null));
}

function addressOf(link) {
  return new URL(link.getAttribute("href"), location.href).href;
}

async function go(address, whenReplaced, focused) {
  if (await show(address, whenReplaced, focused)) {
    history.pushState(null, "", address);
    renewLanguageLinks();
  }
}

// True where the part came; anything unexpected becomes an ordinary visit.
async function show(address, whenReplaced, focused) {
  running?.abort();
  running = new AbortController();
  const main = document.getElementById("main");
  main.classList.add("busy");
  try {
    const answer = await fetch(address, { headers: { "Veille-Part": "main" }, signal: running.signal });
    if (answer.redirected || !(answer.headers.get("content-type") || "").startsWith("text/html")) throw new Error(answer.status);
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = part.querySelector("template[data-title]").dataset.title;
    part.querySelector("template[data-title]").remove();
    main.replaceChildren(...part.body.childNodes);
    whenReplaced();
    tell(focused);
    return true;
  } catch (fault) {
    if (fault.name !== "AbortError") location.assign(address);
    return false;
  } finally {
    main.classList.remove("busy");
  }
}

// Which link had the focus, by what stays the same when the page is made anew.
function whereabouts(link) {
  const facet = link.closest(".facet")?.getAttribute("aria-labelledby");
  const label = link.querySelector(".label")?.textContent;
  return facet && label ? { facet, label } : null;
}

function tell(focused) {
  const count = document.getElementById("count");
  const heading = document.querySelector("main h1, main h2");
  document.getElementById("said").textContent = (count || heading)?.textContent ?? "";
  const again = focused && [...document.querySelectorAll(`[aria-labelledby="${focused.facet}"] a`)].find((link) => link.querySelector(".label").textContent === focused.label);
  if (again) again.focus({ preventScroll: true });
  else (count || document.getElementById("main")).focus({ preventScroll: true });
}

function renewLanguageLinks() {
  for (const link of document.querySelectorAll("a[data-language]")) {
    const address = new URL(location.href);
    address.searchParams.set("lang", link.dataset.language);
    link.href = address.pathname + address.search;
  }
}
