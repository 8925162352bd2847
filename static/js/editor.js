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
  // *Check* and *Insert* change the answer and the text in place, so that the browser's undo goes on. What is refused comes as a new page.
  const replaceText = (now) => {
    const was = text.value;
    let begin = 0, end = 0;
    while (begin < was.length && was[begin] === now[begin]) begin += 1;
    while (end < Math.min(was.length, now.length) - begin && was.at(-1 - end) === now.at(-1 - end)) end += 1;
    if (was === now) return;
    text.focus();
    text.setSelectionRange(begin, was.length - end);
    const piece = now.slice(begin, now.length - end);
    if (document.execCommand(piece ? "insertText" : "delete", false, piece)) return;
    text.setRangeText(piece);
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const answerTo = async (button) => {
    const sent = new URLSearchParams(new FormData(text.form, button));
    sent.set("line", text.value.slice(0, text.selectionStart).split("\n").length);
    const reply = await fetch(text.form.action, { method: "POST", body: sent });
    if (!reply.ok) return null;
    return new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("editor");
  };
  let isAsking = false, asksPage = false;
  text.form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    const isInsertion = button?.value.startsWith("insert:");
    if (asksPage || !(isInsertion || button?.value === "check")) return;
    event.preventDefault();
    if (isAsking) return;
    isAsking = true;
    text.readOnly = isInsertion; // what is typed meanwhile would be lost
    const answered = await answerTo(button).catch(() => null);
    text.readOnly = isAsking = false;
    if (!answered) {
      asksPage = true;
      text.form.requestSubmit(button);
      return;
    }
    const answer = answered.querySelector("#answer");
    text.form.querySelector("#answer")?.remove();
    if (answer) text.form.prepend(answer);
    text.dispatchEvent(new Event("input", { bubbles: true })); // it is not saved yet
    if (isInsertion) replaceText(answered.querySelector("textarea[name=text]").value);
    const line = Number(answered.dataset.line);
    if (line) goTo(line); else answer?.focus();
  });
  count();
  const shown = Number(text.form.dataset.line);
  if (shown) goTo(shown);
}
