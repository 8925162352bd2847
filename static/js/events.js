// Parts of a page with data-topics get the event "changed" when something changed: told by one stream of the page's, and as long as there is
// none every data-poll seconds. Nothing is fetched while the page is hidden.
{
  const [JITTER, PATIENCE, QUIET, HIDDEN, TICK] = [300, 10000, 240000, 15000, 500]; // ms
  const [FIRST_RETRY, LAST_RETRY] = [5000, 300000];
  const url = document.body.dataset.events;
  const behind = new Set(); // topics of which parts have to be fetched
  const asked = new WeakMap(); // when each part was last fetched
  let since = document.body.dataset.since;
  let source = null;
  let wanted = new Set(); // topics of the stream
  let served = new Set(); // those that it really tells of, while it is open
  let downSince = url ? performance.now() : -Infinity;
  let retry = FIRST_RETRY;
  let [retryTimer, hideTimer, fetchTimer] = [0, 0, 0];

  const parts = () => [...document.querySelectorAll("[data-topics]")];
  const topicsOf = (part) => part.dataset.topics.split(" ");

  // What somebody is choosing in it would be lost.
  const isInUse = (part) => part.querySelector("td input:checked, input:focus, select:focus") !== null;

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
