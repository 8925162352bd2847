// Keyboard: / search, g p projects, g d lake, g c catalogue, g h start, ? the list of these.
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
    document.getElementById("search")?.focus();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  }
});
