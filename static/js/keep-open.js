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
