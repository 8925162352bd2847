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
  const field = was.closest(".parameter").querySelector("input, select, textarea");
  if (!field) continue;
  const isSame = () => {
    const [now, before] = [sentBy(field), was.dataset.was];
    if (field.type === "number" && now.trim() && Number.isFinite(Number(now))) return Number(now) === Number(before);
    return now.trim() === before.trim();
  };
  field.addEventListener("input", () => { was.hidden = isSame(); });
}
