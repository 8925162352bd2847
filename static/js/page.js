// Small comforts: menus close on Escape and outside clicks; a fragment that cannot be had says so.
document.documentElement.classList.replace("no-js", "js");

const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 48;

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
  line.textContent = "This part could not be loaded just now. The link above tries again.";
  target.append(line);
}
document.addEventListener("htmx:responseError", sayUnavailable);
document.addEventListener("htmx:sendError", sayUnavailable);
document.addEventListener("htmx:timeout", sayUnavailable);

// A table that is wider than its place can be scrolled by keyboard where nothing in it takes the focus.
function letKeyboardScroll() {
  for (const wrap of document.querySelectorAll(".table-wrap:not([tabindex])")) {
    if (wrap.scrollWidth <= wrap.clientWidth || wrap.querySelector("a[href], button, input, select, summary")) continue;
    const heading = wrap.closest("section, main")?.querySelector("h1, h2, h3");
    wrap.tabIndex = 0;
    wrap.setAttribute("role", "region");
    wrap.setAttribute("aria-label", (wrap.querySelector("caption") ?? heading)?.textContent.trim() || "Table");
  }
}
letKeyboardScroll();
addEventListener("resize", letKeyboardScroll);
document.addEventListener("htmx:afterSettle", letKeyboardScroll);
document.addEventListener("toggle", letKeyboardScroll, true);
