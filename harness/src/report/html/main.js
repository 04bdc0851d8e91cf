// The page: the verdict, the controls, and what each key and click does.
const root = document.documentElement;
const byId = (id) => document.getElementById(id);

function clamped(from, until) {
  const length = Math.min(Math.max(until - from, 20), runEnd);
  const left = Math.min(Math.max(from, 0), runEnd - length);
  return [left, left + length];
}

let drawing = false;
// At most once a frame, however many wheel events come.
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawTimeline();
    drawReplicas();
    drawLag();
  });
}

function changed() {
  tellShown();
  drawRows();
  draw();
}

function show(from, until) {
  [view.from, view.until] = clamped(from, until);
  reslice();
  changed();
}

function zoom(factor, around = view.chosen >= 0 && times[view.chosen] >= view.from && times[view.chosen] <= view.until ? times[view.chosen] : (view.from + view.until) / 2) {
  show(around - (around - view.from) * factor, around + (view.until - around) * factor);
}

const pan = (share) => show(view.from + (view.until - view.from) * share, view.until + (view.until - view.from) * share);

function resetFilter() {
  view.session = -1;
  view.outcomes = new Set("ofup");
  view.kinds = new Set("rfoel");
  byId("session").value = "";
  for (const box of document.querySelectorAll(".toolbar input")) box.checked = true;
  refilter();
  changed();
}

const goTo = (record) => choose(record, { center: true });

function jump() {
  if (violationRecord < 0) return;
  goTo(violationRecord);
  byId("timeline-title").scrollIntoView({ block: "start" });
  lanesCanvas.focus({ preventScroll: true });
}

// --- the verdict

const signs = { holds: "✓", violated: "✕", unknown: "?" };

function evidenceCell(finding) {
  const cell = element("td"), list = element("div", undefined, { class: "evidence" });
  const add = (from, to) => {
    for (const record of finding.evidence.slice(from, to)) {
      const button = element("button", String(record), { type: "button", "aria-label": `Record ${record}, evidence for ${finding.name}` });
      button.addEventListener("click", () => { goTo(record); byId("timeline-title").scrollIntoView({ block: "start" }); });
      list.append(button);
    }
    const rest = finding.evidence.length - to;
    if (rest > 0) {
      const more = element("button", `${number(rest)} more`, { type: "button" });
      more.addEventListener("click", () => { more.remove(); add(to, to + 50); list.children[to]?.focus(); });
      list.append(more);
    }
  };
  add(0, 8);
  cell.append(list);
  return cell;
}

function showVerdict() {
  byId("banner").className = verdict.status;
  byId("status").className = `status ${verdict.status}`;
  byId("status").textContent = `${signs[verdict.status] ?? ""} ${verdict.status}`;
  byId("name").textContent = summary.name;
  byId("setting").textContent = summary.setting;
  byId("run-dir").textContent = summary["run-dir"];
  const told = firstViolation ?? data.rows.find((row) => counted(row, "unknown"));
  const deciding = data.rows.filter((row) => row.aside === null).length;
  byId("conclusion").textContent = told ? `${told.name}: ${told.because}`
    : verdict.status === "holds" ? `All ${number(deciding)} guarantees and expectations that count hold.` : "Not everything that the verdict rests on is known.";
  const unmet = verdict.assumptions.filter((it) => !it.met).map((it) => `not met: ${it.what} (${it.because})`);
  if (summary["cut-short"]) unmet.push(`cut short: ${summary["cut-short"]}`);
  byId("remarks").replaceChildren(...unmet.map((text) => element("li", text)));
  byId("jump").hidden = violationRecord < 0;
  byId("jump").textContent = `Jump to the ${violationLabel}`;
  byId("guarantees").replaceChildren(...data.rows.map((row) => {
    const line = element("tr"), status = element("td", undefined, { class: row.aside === null ? row.status : "unpromised" });
    if (counted(row, "violated")) line.className = "is-violated";
    status.append(element("span", `${row.aside === null ? signs[row.status] + " " : ""}${row.status}`, { class: "pill" }));
    const because = row.aside === null ? row.because : `${row.aside}, observed: ${row.because}`;
    line.append(status, element("td", row.name), element("td", because), evidenceCell(row));
    return line;
  }));
  if (summary.around.length) {
    byId("around").hidden = false;
    byId("around").querySelector("pre").textContent = summary.around.join("\n");
  }
}

function showMeasures() {
  const { measures } = verdict, tiles = [];
  const tile = (what, value, more = "") => {
    const box = element("div"), definition = element("dd", value);
    if (more) definition.append(" ", element("small", more));
    box.append(element("dt", what), definition);
    tiles.push(box);
  };
  tile("Operations", number(operationCount), ["f", "u", "p"].map((letter) => [outcomeOf.split(letter).length - 1, outcomeWords[letter]]).filter(([count]) => count).map(([count, word]) => `${number(count)} ${word}`).join(", ") || "all ok");
  tile("Run", seconds(runEnd, 2), `${number(records)} records`);
  if (measures["start-ms"] !== null) tile("Cluster start", duration(measures["start-ms"] * 1000));
  if (measures["farm-ms"] !== null) tile("Farm, to every node", duration(measures["farm-ms"] * 1000));
  for (const it of measures.failovers) tile(`${it.node} lost`, duration(it["since-fault-ms"] * 1000), `to the right answer #${it["answered-by"]}, itself ${it["first-answer-ms"]} ms`);
  for (const it of measures.farm ?? []) tile(`Farm, to ${it.node}`, duration(it.ms * 1000));
  for (const it of measures["state-transfers"] ?? []) tile(`${it.node} back`, duration(it.ms * 1000), "from its start to its peers' sessions");
  for (const it of measures.evictions ?? []) tile(`${it.by} missed a member`, duration(it.ms * 1000), `after the ${it.fault} of ${it.node}`);
  const lag = measures["replication-lag"];
  if (lag) tile("Replication lag, at most", duration(lag["max-us"]), `median ${duration(lag["median-us"])}, p99 ${duration(lag["p99-us"])}, as far as looks tell`);
  if (measures.latency) tile("Answer, median", duration(measures.latency["median-us"]), `p99 ${duration(measures.latency["p99-us"])}, max ${duration(measures.latency["max-us"])}`);
  byId("measures").replaceChildren(...tiles);
}

function showLists() {
  const list = (id, texts) => {
    byId(id).replaceChildren(...texts.map((text) => element("li", text)));
    byId(`${id}-section`).hidden = texts.length === 0;
  };
  list("assumptions", verdict.assumptions.map((it) => `${it.met ? "✓ met" : "✕ not met"}: ${it.what} (${it.because})`));
  list("notes", verdict.notes);
  list("not-in-effect", (summary["not-in-effect"] ?? []).map((it) => `${it.file}: ${it.says.join("; ")}`));
  byId("differences-section").hidden = summary.differences.length === 0;
  byId("differences").replaceChildren(...summary.differences.map((it) => {
    const line = element("tr");
    line.append(...[it.what, it.here, it.stock, it.why].map((text) => element("td", text)));
    return line;
  }));
}

// --- controls

function checkbox(group, letter, word, sign, set) {
  const label = element("label"), box = element("input", undefined, { type: "checkbox", name: word });
  box.checked = true;
  box.addEventListener("change", () => {
    if (box.checked) view[set].add(letter); else view[set].delete(letter);
    refilter();
    changed();
  });
  label.append(box);
  if (sign) label.append(element("span", sign, { class: `mark ${letter}`, "aria-hidden": "true" }));
  label.append(word);
  byId(group).append(label);
}

// So many sessions a list can offer; more would make a page that opens slowly for a list that nobody reads.
const MOST_SESSIONS = 1000;

function controls() {
  for (const letter of "ofup") if (letter !== "p" || outcomeOf.includes("p")) checkbox("outcomes", letter, outcomeWords[letter], outcomeSigns[letter], "outcomes");
  for (const letter of "rfoel") checkbox("kinds", letter, kindWords[letter], "", "kinds");
  const choice = byId("session");
  choice.append(...sessions.slice(0, MOST_SESSIONS).map((stem, index) => element("option", stem, { value: index })));
  if (sessions.length > MOST_SESSIONS) choice.append(element("option", `… ${number(sessions.length - MOST_SESSIONS)} more: choose a record of it and press S`, { disabled: "" }));
  choice.addEventListener("change", () => filterSession(choice.value === "" ? -1 : Number(choice.value)));
  byId("zoom-in").addEventListener("click", () => zoom(.5));
  byId("zoom-out").addEventListener("click", () => zoom(2));
  byId("zoom-all").addEventListener("click", () => show(0, runEnd));
  byId("pan-left").addEventListener("click", () => pan(-.5));
  byId("pan-right").addEventListener("click", () => pan(.5));
  byId("jump").addEventListener("click", jump);
  byId("theme").addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));
}

function filterSession(session) {
  view.session = session;
  const choice = byId("session");
  if (session >= MOST_SESSIONS && ![...choice.options].some((option) => option.value === String(session))) {
    choice.append(element("option", sessions[session], { value: session }));
  }
  choice.value = session < 0 ? "" : String(session);
  refilter();
  changed();
}

// The system's choice, until the reader makes another.
const system = matchMedia("(prefers-color-scheme: dark)");
function setTheme(theme) {
  root.dataset.theme = theme;
  byId("theme").setAttribute("aria-pressed", theme === "dark");
  readColours();
  draw();
}
system.addEventListener("change", () => setTheme(system.matches ? "dark" : "light"));

// --- keys and mouse

lanesCanvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    "+": () => zoom(.5), "=": () => zoom(.5), "-": () => zoom(2), "0": () => show(0, runEnd),
    ArrowLeft: () => (event.shiftKey ? pan(-.25) : step(-1)), ArrowRight: () => (event.shiftKey ? pan(.25) : step(1)),
    Home: () => choose(view.shown[0] ?? -1), End: () => choose(view.shown[view.shown.length - 1] ?? -1),
    Enter: () => { if (view.chosen < 0) step(1); goTo(view.chosen); },
    v: jump, V: jump, s: filterChosen, S: filterChosen,
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

// Filters by the session of the chosen request.
function filterChosen() {
  const operation = view.chosen < 0 ? -1 : operationOf[view.chosen];
  if (operation < 0) return;
  filterSession(operations.told[operation] >= 0 ? operations.told[operation] : operations.sent[operation]);
}

lanesCanvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return pan(Math.sign(event.deltaX || event.deltaY) * .15);
  zoom(event.deltaY > 0 ? 1.25 : .8, timeAt(Math.max(GUTTER, event.offsetX), lanesCanvas.clientWidth));
}, { passive: false });

let drag = null;
lanesCanvas.addEventListener("pointerdown", (event) => {
  drag = { x: event.offsetX, from: view.from, until: view.until, moved: false };
  lanesCanvas.setPointerCapture(event.pointerId);
});
lanesCanvas.addEventListener("pointermove", (event) => {
  if (!drag) return hover(event);
  const by = ((drag.x - event.offsetX) / (lanesCanvas.clientWidth - GUTTER - RIGHT)) * (drag.until - drag.from);
  if (Math.abs(event.offsetX - drag.x) > 4) drag.moved = true;
  if (drag.moved) show(drag.from + by, drag.until + by);
});
lanesCanvas.addEventListener("pointerup", (event) => {
  if (drag && !drag.moved) choose(recordAt(event.offsetX, event.offsetY, lanesCanvas.clientWidth));
  drag = null;
});
lanesCanvas.addEventListener("pointercancel", () => { drag = null; });
lanesCanvas.addEventListener("pointerleave", () => { byId("tip").hidden = true; });

function hover(event) {
  const record = recordAt(event.offsetX, event.offsetY, lanesCanvas.clientWidth), tip = byId("tip");
  // Never below the lanes: a tip that overflows brings a scroll bar, which narrows the lanes under the pointer.
  tip.style.top = "0";
  tip.hidden = record < 0;
  if (record < 0) return;
  tip.textContent = `${seconds(times[record])} ${nodeName(record)} ${describe(record)}`;
  tip.style.left = `${Math.max(0, Math.min(event.offsetX + 12, lanesCanvas.clientWidth - tip.offsetWidth - 8))}px`;
  const below = event.offsetY + 14, fits = below + tip.offsetHeight <= lanesHeight;
  tip.style.top = `${fits ? below : Math.max(0, event.offsetY - tip.offsetHeight - 10)}px`;
}

scroller.addEventListener("scroll", drawRows);
rows.addEventListener("click", (event) => {
  const at = event.target.closest(".row");
  if (at) choose(Number(at.dataset.record));
});
table.addEventListener("keydown", (event) => {
  const page = Math.max(1, Math.floor(scroller.clientHeight / ROW) - 1);
  const keys = {
    ArrowDown: () => step(1), ArrowUp: () => step(-1), PageDown: () => step(page), PageUp: () => step(-page),
    Home: () => choose(view.shown[0] ?? -1), End: () => choose(view.shown[view.shown.length - 1] ?? -1),
    Enter: () => { goTo(view.chosen); },
  };
  if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  keys[event.key]();
});

// --- begin

setTheme(system.matches ? "dark" : "light");
showVerdict();
showMeasures();
controls();
showLists();
refilter();
changed();
new ResizeObserver(draw).observe(lanesCanvas);
// The first time at once: a window that nobody sees is given no frames.
drawTimeline();
drawReplicas();
drawLag();
root.dataset.readyMs = Math.round(performance.now());
