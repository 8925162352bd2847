// A field that offers names: arrows choose, Enter takes, Escape closes. Without it the field is a plain one.
(() => {
  for (const box of document.querySelectorAll("[data-complete]")) {
    const input = box.querySelector("input");
    const list = box.querySelector("[role=listbox]");
    let wait = 0;
    let asked = null;
    let chosen = -1;
    const options = () => [...list.querySelectorAll("[role=option]")];
    const close = () => {
      list.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const point = (index) => {
      const all = options();
      chosen = index === null || !all.length ? -1 : (index + all.length) % all.length;
      all.forEach((item, place) => item.setAttribute("aria-selected", place === chosen ? "true" : "false"));
      if (chosen < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    };
    const take = (item) => {
      input.value = item.dataset.value;
      close();
      if (input.value.endsWith(":")) ask();
      else input.form.requestSubmit();
    };
    const ask = async () => {
      asked?.abort();
      asked = new AbortController();
      const query = new URLSearchParams(new FormData(input.form));
      for (const name of [...new Set(query.keys())]) if (name !== "pattern" && name !== "scope") query.delete(name);
      try {
        const reply = await fetch(`${box.dataset.complete}?${query}`, { signal: asked.signal, headers: { "HX-Request": "true" } });
        if (!reply.ok) return close();
        list.innerHTML = await reply.text(); // our own page's fragment, escaped by the server
        chosen = -1;
        list.hidden = !options().length || document.activeElement !== input;
        input.setAttribute("aria-expanded", list.hidden ? "false" : "true");
        input.removeAttribute("aria-activedescendant");
      } catch {
        /* a newer question took its place, or the network is away */
      }
    };
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    input.addEventListener("input", () => {
      point(null); // what was chosen belonged to other words
      clearTimeout(wait);
      wait = setTimeout(ask, 150);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && list.hidden) ask();
      else if (event.key === "ArrowDown") point(chosen + 1);
      else if (event.key === "ArrowUp" && !list.hidden) point(chosen < 0 ? -1 : chosen - 1);
      else if (event.key === "Enter" && chosen >= 0) take(options()[chosen]);
      else if (event.key === "Escape" && !list.hidden) close();
      else return;
      event.preventDefault();
    });
    list.addEventListener("mousedown", (event) => {
      const item = event.target.closest("[role=option]");
      event.preventDefault();
      if (item) take(item);
    });
    input.addEventListener("blur", close);
  }
})();
