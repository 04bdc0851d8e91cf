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
  countShown();
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
  showAbout();
  const deciding = data.rows.filter((row) => row.aside === null).length;
  const first = firstViolation ?? data.rows.find((row) => counted(row, "unknown"));
  byId("conclusion").textContent = first ? `${first.name}: ${first.because}`
    : verdict.status === "holds" ? `All ${number(deciding)} guarantees and expectations that count hold.` : "Not everything that the verdict rests on is known.";
  byId("remarks").replaceChildren(...data.remarks.map((it) => element("li", `${it.what}: ${it.because}`)));
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
  byId("violations-section").hidden = data.excerpts.length === 0;
  byId("violations").replaceChildren(...data.excerpts.map(excerpt));
}

// A button that shows a record in the timeline.
function recordButton(record, text, label) {
  const button = element("button", text, { type: "button", class: "link", "aria-label": label });
  button.addEventListener("click", () => { goTo(record); byId("timeline-title").scrollIntoView({ block: "start" }); });
  return button;
}

function labelled(texts) {
  return texts.map(([label, content]) => {
    const cell = element("td", typeof content === "string" ? content : undefined, { "data-label": label });
    if (typeof content !== "string") cell.append(...content);
    return cell;
  });
}

// A violation with the records around it and what each node held of its session.
function excerpt(it) {
  const box = element("div", undefined, { class: "excerpt" });
  box.append(element("h3", it.name), element("p", it.because));
  if (it.lines.length) box.append(element("pre", it.lines.join("\n"), { tabindex: "0", role: "region", "aria-label": `Records around ${it.name}` }));
  if (it.copies.length) {
    const table = element("table", undefined, { class: "stack" }), head = element("tr"), body = element("tbody");
    box.append(element("p", `Copies of session ${it.session}, as looks before and after the violation showed them:`));
    head.append(...["Node", "Before", "After"].map((text) => element("th", text, { scope: "col" })));
    const copy = (found) => (found ? [`${found.shown} `, recordButton(found.record, String(found.record), `Record ${found.record}`)] : "not looked at");
    for (const { node, before, after } of it.copies) {
      const line = element("tr");
      line.append(element("td", node), ...labelled([["before", copy(before)], ["after", copy(after)]]));
      body.append(line);
    }
    const top = element("thead");
    top.append(head);
    table.append(top, body);
    box.append(table);
  }
  return box;
}

// When, where and how the run was made.
function showAbout() {
  const { environment } = data, facts = [];
  if (environment) {
    facts.push(["Date", environment.started.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")], ["Command", environment.command]);
    if (environment.scenario) facts.push(["Scenario", environment.scenario]);
    facts.push(["Host", environment.host], ["Run", environment.run]);
  }
  facts.push(["Folder", summary["run-dir"]]);
  byId("about").replaceChildren(...facts.flatMap(([name, text]) => [element("dt", name), element("dd", text)]));
}

function showSteps() {
  const { steps } = data;
  byId("steps-section").hidden = steps.length === 0;
  const reached = steps.filter((step) => step.record !== null).length;
  byId("steps-summary").textContent = `${number(steps.length)} steps of “${summary.name}”${reached < steps.length ? `, ${number(steps.length - reached)} not reached` : ""}`;
  byId("steps-details").open = steps.length <= 12;
  byId("steps").replaceChildren(...steps.map((step, index) => {
    const line = element("tr");
    const began = step.record === null ? "not reached" : [recordButton(step.record, seconds(step.from), `Step ${index + 1} in the timeline`)];
    const took = step.until !== null ? duration(step.until - step.from) : step.record !== null ? "did not end" : "";
    line.append(element("td", String(index + 1)), element("td", step.title), ...labelled([["began", began], ["took", took]]));
    return line;
  }));
}

// What apps other than the counter answered.
function showAnswers() {
  const { rows, "left-out": leftOut } = data.answers;
  byId("answers-section").hidden = rows.length === 0;
  byId("answers-more").textContent = leftOut ? `${number(leftOut)} more kinds of answers are in the records.` : "";
  const body = (it, label) => {
    const box = element("div", undefined, { class: "body" });
    box.append(`${label}${it.text?.trim() ?? "not kept"} `, recordButton(it.record, String(it.record), `Record ${it.record}`));
    return box;
  };
  byId("answers").replaceChildren(...rows.map((it) => {
    const line = element("tr");
    const bodies = it.last ? [body(it.first, "first: "), body(it.last, "last: ")] : [body(it.first, "")];
    line.append(element("td", it.target), ...labelled([["node", it.node], ["status", String(it.status)], ["answers", number(it.count)], ["body", bodies]]));
    return line;
  }));
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
  for (const it of measures.evictions ?? []) tile(`eviction on ${it.by}`, duration(it.ms * 1000), `after the ${it.fault} of ${it.node}`);
  const lag = measures["replication-lag"];
  if (lag) tile("Replication lag, at most", duration(lag["max-us"]), `median ${duration(lag["median-us"])}, p99 ${duration(lag["p99-us"])}, as far as looks show`);
  if (measures.latency) tile("Answer, median", duration(measures.latency["median-us"]), `p99 ${duration(measures.latency["p99-us"])}, max ${duration(measures.latency["max-us"])}`);
  byId("measures").replaceChildren(...tiles);
}

function showLists() {
  const list = (id, texts) => {
    byId(id).replaceChildren(...texts.map((text) => element("li", text)));
    byId(`${id}-section`).hidden = texts.length === 0;
  };
  list("assumptions", verdict.assumptions.map((it) => `${it.met ? "✓ met" : "✕ not met"}: ${it.what} (${it.because})`));
  list("notes", data.notes.map((it) => (it.more ? `${it.text} (and ${number(it.more)} more like this)` : it.text)));
  list("not-in-effect", (summary["not-in-effect"] ?? []).map((it) => `${it.file}: ${it.says.join("; ")}`));
  byId("differences-section").hidden = summary.differences.length === 0;
  byId("differences").replaceChildren(...summary.differences.map((it) => {
    const line = element("tr");
    line.append(element("td", it.what), ...labelled([["here", it.here], ["stock", it.stock], ["why", it.why]]));
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
  byId("fold").hidden = !folded;
  byId("fold").addEventListener("click", () => {
    layLanes(!folded);
    byId("fold").textContent = folded ? "Show each client" : "Fold clients";
    draw();
  });
  // A plot of nothing says nothing.
  const plots = [["replicas-figure", columns.replicas.count.some((count) => count !== null)], ["lag-figure", data.lag.operation.length > 0]];
  for (const [id, any] of plots) byId(id).hidden = !any;
  byId("plots").hidden = plots.every(([, any]) => !any);
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
  // A button is named by what it does.
  byId("theme").textContent = theme === "dark" ? "Light" : "Dark";
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
  filterSession(operations.answered[operation] >= 0 ? operations.answered[operation] : operations.sent[operation]);
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
showSteps();
showAnswers();
showLists();
refilter();
changed();
new ResizeObserver(draw).observe(lanesCanvas);
// The first time at once: a window that nobody sees is given no frames.
drawTimeline();
drawReplicas();
drawLag();
root.dataset.readyMs = Math.round(performance.now());
