// What a screen reader would miss, or the browser refuse, found without a library.
() => {
  const named = (element) =>
    ["aria-label", "title", "alt"].some((attribute) => element.getAttribute(attribute)) ||
    (element.textContent || "").trim() ||
    element.querySelector("[aria-label], [alt]:not([alt=''])") ||
    element.labels?.length;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const short = (element) => element.outerHTML.slice(0, 120);
  const ids = all("[id]").map((element) => element.id);
  return [
    ...all("a[href], button, summary, input:not([type=hidden]), select, textarea").filter((element) => !named(element)).map((element) => `no name: ${short(element)}`),
    ...all("img:not([alt])").map((element) => `no alt: ${element.src}`),
    ...ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => `id twice: ${id}`),
    ...(all("h1").length === 1 ? [] : [`${all("h1").length} h1`]),
    ...all("[style]:not([style=''])").map((element) => `inline style: ${short(element)}`),
  ];
}
