// Sends files in parts (tus 1.0). The server's offset always wins; a part that is cut loses only what had not arrived.
(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const PART = 8 * 1024 * 1024, SLICE = 4 * 1024 * 1024, AT_ONCE = 2, ASKED = 200, LONGEST = 15000;
  const list = document.getElementById("chosen-rows"), drop = document.getElementById("drop");
  const room = document.getElementById("room"), bytesChosen = document.getElementById("chosen-bytes");
  const send = document.getElementById("send"), pauseAll = document.getElementById("pause-all");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Tus-Resumable": "1.0.0", "X-CSRFToken": token };
  const rows = [];
  // The texts of this page, with {names} for values; the template has them in the reader's language.
  const texts = document.getElementById("upload-texts").dataset;
  const text = (name, values = {}) => texts[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  let running = 0, going = false;

  form.querySelector(".plain-upload").remove();
  form.querySelector(".resumable-upload").hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());

  const words = (bytes) => {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let power = 0;
    while (bytes >= 999.5 && power < 4) { bytes /= 1000; power += 1; }
    const digits = power && bytes < 99.95 ? 1 : 0;
    const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return `${bytes.toLocaleString(document.documentElement.lang, format)} ${units[power]}`;
  };
  const wait = (time) => new Promise((done) => setTimeout(done, time));

  // Adler-32 of more bytes, from what it was before.
  const adler = (bytes, before = 1) => {
    let a = before & 0xffff, b = before >>> 16;
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(at + 5552, bytes.length);
      for (; at < end; at += 1) { a += bytes[at]; b += a; }
      a %= 65521; b %= 65521;
    }
    return (b * 65536 + a) >>> 0;
  };
  const hex = (value) => value.toString(16).padStart(8, "0");
  const summed = async (file, end = file.size) => {
    let sum = 1;
    for (let at = 0; at < end; at += SLICE) sum = adler(new Uint8Array(await file.slice(at, Math.min(at + SLICE, end)).arrayBuffer()), sum);
    return hex(sum);
  };
  const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

  class Row {
    constructor(file, path) {
      this.file = file; this.path = path; this.state = "asked"; this.url = null;
      this.node = document.getElementById("row").content.firstElementChild.cloneNode(true);
      this.name = this.node.querySelector("input"); this.bar = this.node.querySelector("progress");
      this.name.value = path;
      this.node.querySelector(".size").textContent = words(file.size);
      this.name.addEventListener("change", () => { this.state = "asked"; ask([this]); });
      this.pause = this.node.querySelector(".pause");
      this.pause.addEventListener("click", () => (this.state === "paused" ? this.resume() : this.stop()));
      this.node.querySelector(".drop-row").addEventListener("click", () => this.remove());
      list.append(this.node);
    }
    say(text, tone = "") { this.node.querySelector(".said").textContent = text; this.node.dataset.tone = tone; }
    show(sent) {
      this.bar.value = this.file.size ? sent / this.file.size : 1;
      this.say(text("received", { sent: words(sent), size: words(this.file.size) }));
    }
    stop() { this.state = "paused"; this.request?.abort(); this.pause.textContent = text("resume"); this.say(text("paused")); }
    resume() { this.state = "ready"; this.pause.textContent = text("pause"); next(); }
    async remove() {
      const url = this.url;
      const open = url && !["done", "there"].includes(this.state);
      this.state = "removed"; this.request?.abort(); this.node.remove(); rows.splice(rows.indexOf(this), 1); sum();
      if (open) { await fetch(url, { method: "DELETE", headers }); changed(); }
    }
  }

  const changed = () => document.getElementById("uploads").dispatchEvent(new Event("uploaded"));
  const sum = () => {
    document.getElementById("chosen").hidden = !rows.length;
    const bytes = rows.reduce((total, row) => total + row.file.size, 0), done = rows.filter((row) => ["done", "there"].includes(row.state)).length;
    document.getElementById("chosen-sum").textContent = text(done ? "sumDone" : "sum", { count: rows.length, size: words(bytes), done });
    send.disabled = !rows.some((row) => row.state === "ready" || row.full) || Boolean(room.querySelector("[data-fits=no]"));
    pauseAll.hidden = !running;
    weigh();
  };

  // Whether what is still to be sent fits where it goes: the server says it in words, anew whenever files or storage change.
  let weighed = `${room.querySelector("[aria-current] strong")?.textContent} 0`;
  const weigh = () => {
    const open = rows.filter((row) => row.full || (!row.url && ["asked", "ready", "sending", "paused"].includes(row.state)));
    bytesChosen.value = open.reduce((total, row) => total + row.file.size, 0);
    const now = `${form.rse.value} ${bytesChosen.value}`;
    if (now === weighed) return;
    weighed = now;
    room.dispatchEvent(new Event("weigh"));
  };
  const revive = () => rows.filter((row) => row.full).forEach((row) => { row.full = false; row.state = "ready"; row.say(text("ready")); });
  room.addEventListener("htmx:afterSwap", () => sum());
  form.rse.addEventListener("change", () => { revive(); sum(); });
  weigh();

  // Before anything is sent: what would it be called, and is that name taken?
  const ask = async (some) => {
    for (let at = 0; at < some.length; at += ASKED) {
      const part = some.slice(at, at + ASKED);
      part.forEach((row) => row.say(text("checking")));
      const files = part.map((row) => ({ path: row.path, name: row.named ? row.name.value : "" }));
      let answer;
      try {
        const reply = await fetch(form.getAttribute("data-check"), { method: "POST", headers: { "X-CSRFToken": token, "Content-Type": "application/json" }, body: JSON.stringify({ scope: form.scope.value, files }) });
        answer = await reply.json();
        if (!reply.ok) throw new Error(answer.error || text("noAnswer"));
      } catch (error) {
        part.forEach((row) => { row.state = "asked"; row.say(text("notSent", { reason: error.message }), "warn"); });
        continue;
      }
      for (const [number, row] of part.entries()) await judge(row, answer.files[number]);
    }
    sum();
  };

  const judge = async (row, told) => {
    row.name.value = told.name; row.named = true; row.url = told.going;
    if (told.problem) { row.state = "bad"; return row.say(told.problem, "bad"); }
    const limit = Number(form.getAttribute("data-limit"));
    if (row.file.size > limit) { row.state = "bad"; return row.say(text("tooLarge", { size: words(limit) }), "bad"); }
    if (told.there) {
      const same = told.there.type === "FILE" && told.there.bytes === row.file.size && told.there.adler32 === (await summed(row.file));
      row.state = same ? "there" : "bad";
      return same ? row.say(text("same"), "ok") : row.say(text("taken"), "bad");
    }
    row.state = "ready";
    row.say([text(told.going ? "resumes" : "ready"), told.renamed].filter(Boolean).join(". "));
  };

  const add = (files) => {
    const before = new Set(rows.map((row) => row.path));
    const added = files.filter(([, path]) => !before.has(path)).map(([file, path]) => new Row(file, path));
    rows.push(...added); sum(); ask(added);
  };
  const chosen = (event) => { add([...event.target.files].map((file) => [file, file.webkitRelativePath || file.name])); event.target.value = ""; };
  document.getElementById("choose-files").addEventListener("change", chosen);
  document.getElementById("choose-folder").addEventListener("change", chosen);
  form.scope.addEventListener("change", () => ask(rows.filter((row) => !["sending", "done"].includes(row.state))));
  document.getElementById("clear").addEventListener("click", () => {
    rows.filter((row) => !["sending", "paused"].includes(row.state)).forEach((row) => { row.node.remove(); rows.splice(rows.indexOf(row), 1); });
    sum();
  });

  // A folder that is dropped is walked through.
  const walk = async (entry, found) => {
    if (entry.isFile) found.push([await new Promise((done, failed) => entry.file(done, failed)), entry.fullPath.slice(1)]);
    if (!entry.isDirectory) return;
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!some.length) return;
      for (const child of some) await walk(child, found);
    }
  };
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault(); drop.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean), found = [];
    for (const entry of entries) await walk(entry, found);
    add(found);
  });

  // One part, with its progress; resolves to what the server answered, or null where the connection broke.
  const part = (row, offset) => new Promise((done) => {
    const request = (row.request = new XMLHttpRequest());
    request.open("PATCH", row.url);
    Object.entries({ ...headers, "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" }).forEach((pair) => request.setRequestHeader(...pair));
    request.upload.onprogress = (event) => row.state === "sending" && row.show(offset + event.loaded);
    request.onload = () => done(request);
    request.onerror = request.onabort = request.ontimeout = () => done(null);
    request.send(row.file.slice(offset, offset + PART));
  });

  const create = async (row) => {
    const told = { scope: form.scope.value, name: row.name.value, rse: form.rse.value, dataset: form.dataset.value.trim(), metadata: form.metadata.value, adler32: await summed(row.file) };
    const metadata = Object.entries(told).filter(([, value]) => value).map(([key, value]) => `${key} ${encoded(value)}`).join(",");
    const reply = await fetch(form.getAttribute("data-files"), { method: "POST", headers: { ...headers, "Upload-Length": row.file.size, "Upload-Metadata": metadata } });
    if (reply.status === 201 || (reply.status === 409 && reply.headers.get("Location"))) { row.url = reply.headers.get("Location"); return; }
    throw new Refused(reply.status, (await reply.text()).slice(0, 300) || text("refused"));
  };
  class Refused extends Error { constructor(status, reason) { super(reason); this.status = status; } }

  // Where the server is; for a file that was begun before, whether it is the same one.
  const offsetOf = async (row) => {
    const reply = await fetch(row.url, { method: "HEAD", headers });
    if (reply.status === 404 || reply.status === 410) { row.url = null; throw new Refused(0, ""); }
    if (!reply.ok) throw new Refused(reply.status, text("failed"));
    const told = (name) => reply.headers.get(name);
    const open = told("Upload-State") === "receiving", offset = Number(told("Upload-Offset"));
    if (Number(told("Upload-Length")) !== row.file.size || (!row.known && offset && (await summed(row.file, offset)) !== told("Upload-Adler32")))
      throw new Refused(400, text(open ? "otherOpen" : "otherSent"));
    row.known = true;
    return open ? offset : row.file.size;
  };

  const transfer = async (row) => {
    let pause = 500;
    while (row.state === "sending") {
      try {
        if (!row.url) await create(row);
        let offset = await offsetOf(row);
        while (offset < row.file.size && row.state === "sending") {
          row.show(offset);
          const reply = await part(row, offset);
          if (row.state !== "sending") return;
          if (!reply || reply.status !== 204) throw new Refused(reply ? reply.status : 0, reply ? reply.responseText.slice(0, 300) : "");
          offset = Number(reply.getResponseHeader("Upload-Offset")); pause = 500;
        }
        if (offset >= row.file.size) { row.state = "done"; row.bar.value = 1; row.pause.hidden = true; row.say(text("whole"), "ok"); changed(); }
        return;
      } catch (error) {
        const passing = !(error instanceof Refused) || error.status === 0 || [408, 409, 423, 429].includes(error.status) || error.status >= 500 && error.status !== 507;
        if (row.state !== "sending") return;
        if (!passing) { row.state = "bad"; row.full = error.status === 507; row.say(error.message, "bad"); return; }
        row.say(text(error.status === 423 ? "elsewhere" : "interrupted"), "warn");
        await wait(pause * (0.75 + Math.random() / 2)); pause = Math.min(pause * 2, LONGEST);
      }
    }
  };

  const next = () => {
    while (running < AT_ONCE) {
      const row = rows.find((item) => item.state === "ready" && going);
      if (!row) break;
      running += 1; row.state = "sending"; row.pause.hidden = false; row.name.readOnly = true;
      transfer(row).finally(() => { running -= 1; sum(); next(); });
    }
    sum();
  };
  send.addEventListener("click", () => { going = true; revive(); next(); });
  pauseAll.addEventListener("click", () => rows.filter((row) => ["sending", "ready"].includes(row.state)).forEach((row) => { row.pause.hidden = false; row.stop(); }));
  addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
})();
