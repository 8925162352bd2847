// The name of a workflow follows its title, until somebody writes another one.
const title = document.querySelector("#save input[name=title]");
const nameField = document.querySelector("#save input[name=name]");
const nameOf = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
  .replace(/[^a-z0-9_]+/g, "-").slice(0, 60).replace(/^-+|-+$/g, "");
if (title && nameField) {
  let follows = !nameField.value || nameField.value === nameOf(title.value);
  title.addEventListener("input", () => { if (follows) nameField.value = nameOf(title.value); });
  nameField.addEventListener("input", () => { follows = !nameField.value; });
}
