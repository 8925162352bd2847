// References are put in order by dragging them at their handle; the buttons of each do the same without a script.
for (const list of document.querySelectorAll("[data-reorder]")) {
  let dragged = null;

  const rowOf = (event) => event.target.closest("li[data-pk]");
  const clear = () => list.querySelectorAll("[data-drop]").forEach((row) => row.removeAttribute("data-drop"));
  const isAfter = (row, event) => {
    const place = row.getBoundingClientRect();
    return event.clientY > place.top + place.height / 2;
  };

  // Only the handle begins a drag, so that text can still be selected.
  list.addEventListener("pointerdown", (event) => {
    if (event.target.closest(".reference-handle")) rowOf(event).draggable = true;
  });
  list.addEventListener("pointerup", (event) => rowOf(event)?.removeAttribute("draggable"));

  list.addEventListener("dragstart", (event) => {
    dragged = rowOf(event);
    dragged.dataset.dragged = "";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.pk);
  });
  list.addEventListener("dragover", (event) => {
    const row = rowOf(event);
    if (!dragged || !row) return;
    event.preventDefault();
    clear();
    if (row !== dragged) row.dataset.drop = isAfter(row, event) ? "after" : "before";
  });
  list.addEventListener("dragend", () => {
    clear();
    dragged?.removeAttribute("data-dragged");
    dragged?.removeAttribute("draggable");
    dragged = null;
  });
  list.addEventListener("drop", async (event) => {
    const row = rowOf(event);
    if (!dragged || !row || row === dragged) return;
    event.preventDefault();
    await move(dragged, row, isAfter(row, event) ? "after" : "before");
  });

  // The server's list is the true one: it is read again, so that the buttons know their new neighbours.
  async function move(row, beside, side) {
    const form = row.querySelector("form[action$='/move/']");
    const body = new FormData(form);
    body.set(side, beside.dataset.pk);
    const reply = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (reply.status === 409) {
      document.getElementById("toasts")?.append(Object.assign(document.createElement("p"), { className: "toast", textContent: await reply.text() }));
      return;
    }
    location.replace(`${location.pathname}${location.search}#${row.id}`);
    location.reload();
  }
}
