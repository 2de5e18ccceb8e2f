"use strict";
document.documentElement.classList.add("js");
document.addEventListener("DOMContentLoaded", () => {
  const table = document.getElementById("matrix");
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const off = new Set();
  // What a cell says of its endpoint: only what was kept or broken can differ from another.
  const TELLING = new Set(["p", "f", "w", "i"]);
  const groups = [...table.tBodies].slice(1).map((body) => {
    const head = body.rows[0];
    const rows = [...body.rows].slice(1).map((row) => ({
      row,
      words: row.cells[0].textContent.toLowerCase(),
      tones: [...row.cells].slice(1).map((cell) => cell.className[0]),
      ...row.dataset,
    }));
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.cells[0].childNodes);
    head.cells[0].append(button);
    const group = { body, rows, button, open: false, name: body.dataset.f };
    button.addEventListener("click", () => { fold(group, !group.open); settle(); });
    return group;
  });

  // Rows in sight are laid out at once, and the others when nobody waits: a screen reader knows no row before.
  const soon = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  const batch = Math.ceil(1000 / heads.length);
  const lines = groups.flatMap((group) => group.rows.map((item) => ({ group, row: item.row })));
  let turn = 0;
  function settle() {
    const mine = ++turn;
    for (const { row } of lines) row.classList.remove("now");
    const some = () => {
      if (mine !== turn) return;
      const left = lines.filter(({ group, row }) => group.open && !row.hidden && !row.classList.contains("now"));
      for (const { row } of left.slice(0, batch)) row.classList.add("now");
      if (left.length > batch) soon(some);
    };
    soon(some);
  }

  function fold(group, open) {
    group.open = open;
    group.body.classList.toggle("c", !open);
    group.button.setAttribute("aria-expanded", String(open));
  }

  function wanted() {
    const data = new FormData(form);
    return {
      differ: data.has("differ"), must: data.has("must"), broken: data.has("broken"),
      family: data.get("family"), profile: data.get("profile"), client: data.get("client"),
      find: data.get("find").trim().toLowerCase(),
    };
  }

  function keeps(item, want) {
    if (want.must && item.l !== "MUST") return false;
    if (want.profile && !item.p.split(" ").includes(want.profile)) return false;
    if (want.client && !item.c.split(" ").includes(want.client)) return false;
    if (want.find && !item.words.includes(want.find)) return false;
    if (!want.differ && !want.broken) return true;
    const tones = new Set(item.tones.filter((tone, index) => !off.has(index) && TELLING.has(tone)));
    if (want.broken && !tones.has("f") && !tones.has("w")) return false;
    return !want.differ || tones.size > 1;
  }

  function apply() {
    const want = wanted();
    const active = Object.values(want).some(Boolean);
    let count = 0, all = 0;
    for (const group of groups) {
      let kept = 0;
      const mine = !want.family || want.family === group.name;
      for (const item of group.rows) {
        const keep = mine && keeps(item, want);
        item.row.hidden = !keep;
        kept += keep;
      }
      count += kept;
      all += group.rows.length;
      group.body.hidden = !kept;
      if (active !== apply.active || active) fold(group, active);
    }
    apply.active = active;
    settle();
    const left = heads.length - off.size;
    shown.textContent = `${count} of ${all} requirements` +
      (off.size ? `, ${left} of ${heads.length} columns` : "") + (active ? "" : "; unfold a family to see its own");
    remember(want);
  }

  function remember(want) {
    const words = new URLSearchParams();
    for (const [key, value] of Object.entries(want)) if (value) words.set(key, value === true ? "1" : value);
    if (off.size) words.set("off", [...off].join("."));
    const text = words.toString();
    const mine = location.hash.startsWith("#show:");
    if (!text && !mine) return;
    try {
      history.replaceState(null, "", text ? `#show:${text}` : "#matrix-title");
    } catch { /* an address that cannot be changed is no reason to stop */ }
  }

  function recall() {
    if (!location.hash.startsWith("#show:")) return;
    const words = new URLSearchParams(location.hash.slice("#show:".length));
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.type === "checkbox") field.checked = words.has(field.name);
      else field.value = words.get(field.name) ?? "";
    }
    for (const index of (words.get("off") ?? "").split(".")) {
      if (index !== "" && boxes[index]) boxes[index].checked = false;
    }
  }

  // A rule of the style sheet hides a column; hundreds of cells of their own would take longer.
  const sheet = document.styleSheets[0];
  const place = sheet.cssRules.length;
  sheet.insertRule("#none { display: none; }", place);
  function columns() {
    off.clear();
    boxes.forEach((box, index) => { if (!box.checked) off.add(index); });
    sheet.deleteRule(place);
    const cells = [...off].map((index) => `#matrix tr > :nth-child(${index + 2})`);
    sheet.insertRule(`${cells.join(", ") || "#none"} { display: none; }`, place);
    table.style.setProperty("--n", heads.length - off.size);
    apply();
  }
  const list = document.getElementById("columns");
  const boxes = heads.map((head) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.defaultChecked = true;
    label.append(box, head.dataset.name);
    list.append(label);
    return box;
  });
  for (const [id, checked] of [["all", true], ["no", false]]) {
    document.getElementById(id).addEventListener("click", () => {
      for (const box of boxes) box.checked = checked;
      columns();
    });
  }
  function reveal() {
    const row = location.hash && document.getElementById(location.hash.slice(1));
    const column = heads.indexOf(row);
    if (off.has(column)) {
      boxes[column].checked = true;
      columns();
      row.scrollIntoView({ block: "nearest", inline: "center" });
    }
    const group = row && groups.find((one) => one.body.contains(row));
    if (!group) return;
    row.hidden = group.body.hidden = false;
    fold(group, true);
    settle();
    row.scrollIntoView({ block: "center" });
  }

  form.addEventListener("input", (event) => (boxes.includes(event.target) ? columns() : apply()));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(columns));
  document.getElementById("unfold").addEventListener("click", () => {
    const open = groups.some((group) => !group.body.hidden && !group.open);
    for (const group of groups) fold(group, open);
    settle();
  });
  window.addEventListener("hashchange", reveal);
  for (const group of groups) fold(group, false);
  form.hidden = false;
  recall();
  columns();
  reveal();
});
