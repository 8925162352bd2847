// Lines of the editor's text: their numbers beside it, and a link or an insertion that goes to one of them.
const text = document.querySelector("#editor textarea[name=text]");
if (text) {
  const numbers = document.createElement("pre");
  numbers.className = "line-numbers";
  numbers.setAttribute("aria-hidden", "true");
  text.parentElement.classList.add("has-line-numbers");
  text.before(numbers);
  const count = () => {
    const lines = text.value.split("\n").length;
    numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
    numbers.scrollTop = text.scrollTop;
  };
  const follow = () => { numbers.scrollTop = text.scrollTop; };
  const goTo = (number) => {
    const lines = text.value.split("\n");
    const line = Math.min(Math.max(number, 1), lines.length);
    const begin = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(begin, begin + lines[line - 1].length);
    text.scrollTop = text.scrollHeight * (line - 3) / lines.length;
    follow();
    text.scrollIntoView({ block: "nearest" });
  };
  text.addEventListener("input", count);
  text.addEventListener("scroll", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#answer a[href^='#yaml-']");
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.hash.slice("#yaml-".length)));
  });
  // Going back to this page shows what was typed: a browser keeps no text of a page that it may not store.
  text.form.addEventListener("submit", () => history.replaceState({ ...history.state, typed: text.value }, ""));
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "back_forward" && typeof history.state?.typed === "string" && history.state.typed !== text.value) {
    text.value = history.state.typed;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  count();
  const shown = Number(text.form.dataset.line);
  if (shown) goTo(shown);
}
