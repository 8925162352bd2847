// What every page does with scripts: menus, fragments, tables by keyboard; copying; keys; what stays open when a fragment is read again.
document.documentElement.classList.replace("no-js", "js");

for (const tab of document.querySelectorAll(".tabs [aria-current]")) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 48;

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

// The bell asks when it is told (below), with the tag of what it shows: as long as nothing changed, the server looks at nothing else.
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
  if (name) for (const box of event.target.form.elements) if (box.name === name) box.checked = event.target.checked;
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

// The launch form: parameters are filtered by words, and what differs from the run that it was filled in from is marked while one types.
const filter = document.querySelector("[data-filter-fields]");
if (filter) {
  const input = filter.querySelector("input");
  const rows = [...document.querySelectorAll(".parameter")].map((element) => ({
    element,
    words: `${element.dataset.name} ${element.textContent}`.toLowerCase(),
  }));
  const groups = [...document.querySelectorAll(".parameter-group")];
  filter.hidden = false;
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.element.hidden = !wanted.every((word) => row.words.includes(word));
    for (const group of groups) {
      const found = Boolean(group.querySelector(".parameter:not([hidden])"));
      group.hidden = !found;
      if (wanted.length && found && group.tagName === "DETAILS") group.open = true;
    }
    filter.querySelector("[data-none]").hidden = rows.some((row) => !row.element.hidden);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it is no value of the form
  });
}

function sentBy(field) {
  return field.type === "checkbox" ? String(field.checked) : field.value;
}

for (const was of document.querySelectorAll("[data-was]")) {
  const field = was.closest(".parameter, .launch-input, .step-setting").querySelector("input, select, textarea");
  if (!field) continue;
  const isSame = () => {
    const [now, before] = [sentBy(field) || was.dataset.empty || "", was.dataset.was];
    if (field.type === "number" && now.trim() && Number.isFinite(Number(now))) return Number(now) === Number(before);
    return now.trim() === before.trim();
  };
  field.addEventListener("input", () => { was.hidden = isSame(); });
}

// What was found out of a value is no longer said once another one stands there; the answer to the change brings it anew.
document.addEventListener("input", (event) => {
  const place = event.target.closest("#inputs .launch-input, #servers, #step-settings");
  if (!place) return;
  place.querySelector("[id^=known-]")?.replaceChildren();
  document.getElementById("preflight")?.setAttribute("data-outdated", "");
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "preflight") event.detail.target.removeAttribute("data-outdated");
});

// The arrows of a number with data-step add that much; while they are not pressed every value is as good as another. Where a limit would move the
// steps (0.15, 0.25), they begin at the value instead.
for (const field of document.querySelectorAll("input[data-step]")) {
  const [usual, lowest] = [field.step, field.min];
  const begin = () => {
    const now = field.value.trim();
    if (!now || !Number.isFinite(Number(now))) return;
    field.step = field.dataset.step;
    // Browsers count steps from the lower limit, or else from the value that the page came with.
    if (lowest === "" || Number(now) - Number(field.dataset.step) >= Number(lowest)) {
      field.removeAttribute("min");
      field.defaultValue = now;
    }
  };
  const end = () => {
    field.step = usual;
    if (lowest !== "") field.min = lowest;
  };
  field.addEventListener("keydown", (event) => { if (["ArrowUp", "ArrowDown"].includes(event.key)) begin(); });
  field.addEventListener("pointerdown", begin);
  for (const over of ["keyup", "pointerup", "pointercancel", "blur"]) field.addEventListener(over, end);
}

// Parts of a page with data-topics get the event "changed" when something changed: told by one stream of the page's, and as long as there is
// none every data-poll seconds. Nothing is fetched while the page is hidden.
{
  const [JITTER, PATIENCE, QUIET, HIDDEN, TICK, SKEW] = [300, 10000, 240000, 15000, 500, 30000]; // ms
  const [FIRST_RETRY, LAST_RETRY] = [5000, 300000];
  const url = document.body.dataset.events;
  const behind = new Set(); // topics of which parts have to be fetched
  const asked = new WeakMap(); // when each part was last fetched
  // Events are numbered by the portal's clock: one that is ahead of it is told to fetch all, and what is told twice is fetched once.
  let since = `${Math.round(performance.timeOrigin - SKEW)}-0`;
  let source = null;
  let wanted = new Set(); // topics of the stream
  let served = new Set(); // those that it really tells of, while it is open
  let downSince = url ? performance.now() : -Infinity;
  let retry = FIRST_RETRY;
  let [retryTimer, hideTimer, fetchTimer] = [0, 0, 0];

  const parts = () => [...document.querySelectorAll("[data-topics]")];
  const topicsOf = (part) => part.dataset.topics.split(" ");

  // What somebody is choosing in it would be lost.
  const isInUse = (part) => part.querySelector("td input:checked, input:focus, select:focus, details[data-hold][open]") !== null;

  const fetchNow = (part) => {
    asked.set(part, performance.now());
    part.dispatchEvent(new Event("changed"));
  };

  // A part that is being fetched may get what was before the change: its topics stay until it is fetched again.
  const fetchBehind = () => {
    fetchTimer = 0;
    if (document.hidden) return;
    const busy = new Set();
    for (const part of parts()) {
      const topics = topicsOf(part).filter((topic) => behind.has(topic));
      if (part.classList.contains("htmx-request") || isInUse(part)) topics.forEach((topic) => busy.add(topic));
      else if (topics.length) fetchNow(part);
    }
    for (const topic of behind) if (!busy.has(topic)) behind.delete(topic);
  };
  // An answer that was on its way when somebody began to choose is thrown away, and asked for again later.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    if (!part.matches?.("[data-topics]") || event.detail.elt !== part || !isInUse(part)) return;
    event.preventDefault();
    event.stopPropagation();
    topicsOf(part).forEach((topic) => behind.add(topic));
  }, true);
  const fetchSoon = (topics) => {
    topics.forEach((topic) => behind.add(topic));
    fetchTimer ||= setTimeout(fetchBehind, Math.random() * JITTER);
  };

  // What was told and could not be fetched is fetched later: it is not told again.
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const part = event.detail.elt;
      const isPassing = !(event.detail.xhr?.status < 500);
      if (isPassing && part.matches?.("[data-topics]")) setTimeout(() => fetchSoon(topicsOf(part)), FIRST_RETRY);
    });
  }

  const disconnect = () => {
    clearTimeout(retryTimer);
    source?.close();
    source = null;
    served = new Set();
    downSince = performance.now();
  };
  const connect = () => {
    disconnect();
    wanted = new Set(parts().flatMap(topicsOf));
    if (!url || !wanted.size) return;
    const query = new URLSearchParams([["since", since], ...[...wanted].map((topic) => ["topic", topic])]);
    source = new EventSource(`${url}?${query}`, { withCredentials: true });
    const opened = source;
    const hear = (name, act) => source.addEventListener(name, (event) => {
      if (opened !== source) return;
      since = event.lastEventId || since;
      act(JSON.parse(event.data));
    });
    hear("topics", (topics) => {
      served = new Set(topics);
      retry = FIRST_RETRY;
    });
    hear("change", (change) => fetchSoon([change.topic]));
    hear("gap", () => fetchSoon([...wanted]));
    source.addEventListener("error", () => {
      if (opened !== source) return;
      if (served.size) downSince = performance.now();
      served = new Set();
      if (opened.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      downSince = -Infinity; // refused: nothing to be waited for
      source = null;
      retryTimer = setTimeout(connect, retry * (0.5 + Math.random()));
      retry = Math.min(2 * retry, LAST_RETRY);
    });
  };

  const tick = () => {
    if (document.hidden) return;
    if (behind.size && !fetchTimer) fetchBehind();
    const now = performance.now();
    let isNew = false;
    for (const part of parts()) {
      if (!asked.has(part)) asked.set(part, now);
      const topics = topicsOf(part);
      isNew ||= topics.some((topic) => !wanted.has(topic));
      const isTold = topics.every((topic) => served.has(topic));
      const isLost = !isTold && (served.size > 0 || now - downSince > PATIENCE);
      const pause = isTold ? QUIET : isLost ? Number(part.dataset.poll) * 1000 : Infinity;
      if (now - asked.get(part) >= pause && !isInUse(part)) fetchNow(part);
    }
    if (isNew && source) connect();
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hideTimer);
    if (document.hidden) {
      hideTimer = setTimeout(disconnect, HIDDEN); // a browser has few connections, and a hidden page needs none
    } else {
      if (!source) connect();
      tick();
    }
  });
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  if (!document.hidden) connect();
  setInterval(tick, TICK);
}

// A time that goes on: data-seconds is how long it had been when the page was made, written as the server writes it.
{
  const begins = new WeakMap();
  const two = (number) => String(number).padStart(2, "0");
  setInterval(() => {
    for (const item of document.querySelectorAll("[data-seconds]")) {
      if (!begins.has(item)) begins.set(item, Date.now() - Number(item.dataset.seconds) * 1000);
      const seconds = Math.round((Date.now() - begins.get(item)) / 1000);
      const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
      if (hours) item.textContent = `${hours} h ${two(minutes)} min`;
      else item.textContent = minutes ? `${minutes} min ${two(seconds % 60)} s` : `${seconds} s`;
    }
  }, 1000);
}

// A form that is marked with data-unsaved asks before what was typed in it is left behind.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let changed = form.dataset.unsaved === "typed";
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}
