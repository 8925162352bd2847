// What every page does with scripts: menus, fragments, tables by keyboard; copying; keys; what stays open when a fragment is read again.
document.documentElement.classList.replace("no-js", "js");

const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 48;

// Texts that a script shows: the template has them in the reader's language.
const TEXTS = document.getElementById("toasts")?.dataset ?? {};

const MENUS = "details.menu[open], details.confirm[open]";

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(MENUS)) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(MENUS)) {
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector("summary").focus();
  }
});

function sayUnavailable(event) {
  const target = event.detail.elt.closest(".fragment");
  if (!target || target.querySelector(".fragment-error")) return;
  const line = document.createElement("p");
  line.className = "fragment-error small soft";
  line.textContent = TEXTS.notLoaded;
  target.append(line);
}
document.addEventListener("htmx:responseError", sayUnavailable);
document.addEventListener("htmx:sendError", sayUnavailable);
document.addEventListener("htmx:timeout", sayUnavailable);

// Announcements are asked for while the page can be seen, and at once when it is seen again.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.id === "site-banners") event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.getElementById("site-banners")?.dispatchEvent(new Event("seen-again"));
});
document.addEventListener("htmx:afterSwap", (event) => {
  const isDismissal = event.detail.target?.id === "site-banners" && event.detail.requestConfig?.verb === "post";
  if (isDismissal) document.getElementById("main")?.focus(); // the button is gone, and the focus with it
});

// A table that is wider than its place can be scrolled by keyboard where nothing in it takes the focus.
function letKeyboardScroll() {
  for (const wrap of document.querySelectorAll(".table-wrap:not([tabindex])")) {
    if (wrap.scrollWidth <= wrap.clientWidth || wrap.querySelector("a[href], button, input, select, summary")) continue;
    const heading = wrap.closest("section, main")?.querySelector("h1, h2, h3");
    wrap.tabIndex = 0;
    wrap.setAttribute("role", "region");
    wrap.setAttribute("aria-label", (wrap.querySelector("caption") ?? heading)?.textContent.trim() || TEXTS.table);
  }
}
letKeyboardScroll();
addEventListener("resize", letKeyboardScroll);
document.addEventListener("htmx:afterSettle", letKeyboardScroll);
document.addEventListener("toggle", letKeyboardScroll, true);

// Buttons with data-copy put their text on the clipboard and say so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  const before = button.title;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.copied = "";
    button.title = TEXTS.copied;
  } catch {
    button.title = TEXTS.notCopied;
  }
  const status = document.getElementById("toasts");
  const line = document.createElement("p");
  line.className = "visually-hidden";
  line.textContent = button.title;
  status?.append(line);
  setTimeout(() => {
    delete button.dataset.copied;
    button.title = before;
    line.remove();
  }, 2000);
});

// The bell asks when events.js says so, with the tag of what it shows: as long as nothing changed, the server looks at nothing else.
const bell = document.getElementById("bell");
if (bell) {
  const [QUICK, SLOW] = [1500, 30000];
  const badge = bell.querySelector("[data-count]");
  let tag = document.body.dataset.bell;
  let [isAsking, again, notBefore] = [false, false, 0];
  let next = QUICK; // twice as long after each failure: one that passes must not make the bell late
  let count = Number(badge.dataset.number);
  const show = (text) => {
    const [shown, number, words] = text.split("\n");
    const grew = Number(number) > count;
    count = Number(number);
    badge.textContent = shown;
    bell.querySelector("[data-words]").textContent = words;
    if (!grew) return;
    const line = document.createElement("p");
    line.className = "visually-hidden";
    line.textContent = words;
    document.getElementById("toasts")?.append(line);
    setTimeout(() => line.remove(), 5000);
  };
  const askBell = async () => {
    if (isAsking) again = true; // what is asked now may be answered without what has just changed
    if (isAsking || Date.now() < notBefore) return;
    isAsking = true;
    next = Math.min(2 * next, SLOW);
    notBefore = Date.now() + next;
    try {
      const headers = { "HX-Request": "true", ...(tag ? { "If-None-Match": `"${tag}"` } : {}) };
      const reply = await fetch(bell.dataset.url, { headers, redirect: "manual", cache: "no-store" });
      if (reply.type === "opaqueredirect" || reply.status === 403) return; // signed out: isAsking stays, nothing is asked any more
      if (reply.ok) {
        tag = reply.headers.get("ETag")?.replace(/^W\/|"/g, "");
        show(await reply.text());
      }
      if (reply.status === 304 || (reply.ok && tag)) [next, notBefore] = [QUICK, 0];
    } catch {
      /* the network is away */
    }
    isAsking = false;
    if (notBefore) setTimeout(askBell, notBefore - Date.now()); // it failed
    else if (again) setTimeout(askBell);
    again = false;
  };
  bell.addEventListener("changed", askBell);
  if (!tag) askBell();
}

// A checkbox that selects all others of a name in its form.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.selectAll;
  if (name) for (const box of event.target.form.querySelectorAll(`input[name="${name}"]`)) box.checked = event.target.checked;
});

// Keyboard: / and Ctrl K quick search, g p projects, g d lake, g c catalogue, g h start, ? the list of these.
const GO = { p: "/projects/", d: "/datalake/", c: "/catalog/software/", h: "/", s: "/status/" };
let waiting = 0;

function typing(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function destination(key) {
  const link = document.querySelector(`[data-key="${key}"]`);
  return link ? link.href : GO[key];
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const afterG = Date.now() - waiting < 1200;
  waiting = event.key === "g" ? Date.now() : 0;
  if (afterG && Object.hasOwn(GO, event.key)) {
    location.assign(destination(event.key));
  } else if (event.key === "/") {
    event.preventDefault();
    openPalette();
  } else if (event.key === "?") {
    document.getElementById("site-keys")?.showModal();
  }
});

// A fragment that asks for itself again must not close what the reader opened, nor scroll a log away from its end.
(() => {
  let open = null;
  const ends = new Map();
  const atEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    open = new Map([...target.querySelectorAll("details[id]")].map((item) => [item.id, item.open]));
    ends.clear();
    target.querySelectorAll("details[id] .log").forEach((log) => ends.set(log.closest("details").id, atEnd(log) ? -1 : log.scrollTop));
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!open) return;
    open.forEach((state, id) => {
      const item = document.getElementById(id);
      if (!item) return;
      if (state) item.open = true;
      const log = item.querySelector(".log");
      if (log && ends.has(id)) log.scrollTop = ends.get(id) < 0 ? log.scrollHeight : ends.get(id);
    });
    open = null;
  });
})();

// The palette: what is typed is completed by the server; arrows, Home and End choose, Enter follows, Escape closes and gives the focus back.
// Without a choice Enter opens the search page.
const palette = document.getElementById("site-palette");

function openPalette() {
  if (!palette || palette.open) return;
  const input = palette.querySelector("input");
  input.value = document.getElementById("site-search")?.value ?? "";
  palette.showModal();
  input.select();
  palette.dispatchEvent(new Event("opened"));
}

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  openPalette();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]")) openPalette();
  else if (event.target === palette) palette.close();
});

if (palette) {
  const input = palette.querySelector("input");
  const list = palette.querySelector("[role=listbox]");
  const status = palette.querySelector("[role=status]");
  const options = () => [...list.querySelectorAll("[role=option]")];
  let asked = null;
  let wait = 0;
  let chosen = -1;
  const choose = (index) => {
    const all = options();
    chosen = index < 0 || !all.length ? -1 : index % all.length;
    all.forEach((item, place) => item.setAttribute("aria-selected", place === chosen ? "true" : "false"));
    if (chosen < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  };
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const query = new URLSearchParams({ q: input.value });
      const reply = await fetch(`${palette.dataset.completeUrl}?${query}`, { signal: asked.signal, headers: { "HX-Request": "true" } });
      list.innerHTML = reply.ok ? await reply.text() : ""; // our own page's fragment, escaped by the server
      input.setAttribute("aria-expanded", options().length ? "true" : "false");
      status.textContent = `${status.dataset.text} ${options().length}`;
      choose(-1);
    } catch {
      /* a newer question took its place, or the network is away */
    }
  };
  input.addEventListener("input", () => {
    choose(-1); // what was chosen belonged to other words
    clearTimeout(wait);
    wait = setTimeout(ask, 120);
  });
  palette.addEventListener("opened", ask); // what was used last, before anything is typed
  input.addEventListener("keydown", (event) => {
    const all = options();
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? all.length - 1 : chosen - 1);
    else if (event.key === "Home" && chosen >= 0) choose(0); // without a choice these two move in the text
    else if (event.key === "End" && chosen >= 0) choose(all.length - 1);
    else if (event.key === "Enter" && chosen >= 0) all[chosen].click();
    else if (event.key === "Escape") palette.close(); // at once: a search field would only be emptied first
    else return;
    event.preventDefault();
  });
}

// Buttons with data-fills put their value into the field of that name in the same form.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fills]");
  const field = button?.closest("form")?.elements[button.dataset.fills];
  if (!field) return;
  field.value = button.dataset.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
