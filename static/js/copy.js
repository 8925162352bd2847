// Buttons with data-copy put their text on the clipboard and say so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  const before = button.title;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.copied = "";
    button.title = "Copied";
  } catch {
    button.title = "Your browser did not allow copying";
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
