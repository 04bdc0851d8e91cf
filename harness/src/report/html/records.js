// The table of the records that are shown, made for the rows in sight only, and the details of the chosen one.
const table = document.getElementById("table"), scroller = document.getElementById("scroll"), rows = document.getElementById("rows");
const ROW = 26;
// A browser's largest height of an element, with room to spare; beyond it, rows are found in proportion.
const TALLEST = 8e6;

function element(name, text, attributes = {}) {
  const it = document.createElement(name);
  if (text !== undefined) it.textContent = text;
  for (const [key, value] of Object.entries(attributes)) it.setAttribute(key, value);
  return it;
}

// The place of a record in the sorted list of those shown, or where it would be.
function placeInShown(record) {
  let low = 0, high = view.shown.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (view.shown[middle] < record) low = middle + 1; else high = middle;
  }
  return low;
}

function row(place, top) {
  const record = view.shown[place];
  const it = element("div", undefined, { role: "row", class: "row", id: `row-${record}`, "aria-rowindex": place + 2, "aria-selected": record === view.chosen });
  it.style.top = `${top}px`;
  it.dataset.record = record;
  const where = evident.has(record) ? { role: "gridcell", class: "evident" } : { role: "gridcell" };
  it.append(
    element("span", String(record), where),
    element("span", seconds(times[record]), { role: "gridcell" }),
    element("span", nodeName(record), { role: "gridcell" }),
    element("span", describe(record), { role: "gridcell" }),
  );
  return it;
}

function drawRows() {
  const count = view.shown.length, full = count * ROW, height = Math.min(full, TALLEST);
  rows.style.height = `${height}px`;
  const sight = scroller.clientHeight;
  const most = Math.max(1, height - sight), share = Math.min(1, scroller.scrollTop / most);
  const first = full <= TALLEST ? Math.floor(scroller.scrollTop / ROW) : Math.floor(share * Math.max(0, count - sight / ROW));
  const made = [];
  for (let i = Math.max(0, first - 3); i < Math.min(count, first + Math.ceil(sight / ROW) + 3); i++) {
    made.push(row(i, full <= TALLEST ? i * ROW : scroller.scrollTop + (i - first) * ROW));
  }
  rows.replaceChildren(...made);
  table.setAttribute("aria-rowcount", count + 1);
  const chosen = document.getElementById(`row-${view.chosen}`);
  if (chosen) table.setAttribute("aria-activedescendant", chosen.id); else table.removeAttribute("aria-activedescendant");
}

function scrollToChosen() {
  const place = placeInShown(view.chosen);
  if (view.shown[place] !== view.chosen) return;
  const full = view.shown.length * ROW, sight = scroller.clientHeight;
  if (full > TALLEST) {
    scroller.scrollTop = (place / view.shown.length) * (TALLEST - sight);
  } else if (place * ROW < scroller.scrollTop || (place + 1) * ROW > scroller.scrollTop + sight) {
    scroller.scrollTop = place * ROW - sight / 2;
  }
}

function countShown() {
  const count = { o: 0, f: 0, u: 0, p: 0 };
  let all = 0;
  for (let i = 0; i < operationCount; i++) {
    if (!view.kinds.has("r") || ends[i] < view.from || starts[i] > view.until || !operationPasses(i)) continue;
    count[outcomeOf[i]]++;
    all++;
  }
  const parts = Object.entries(count).filter(([, value]) => value).map(([outcome, value]) => `${number(value)} ${outcomeWords[outcome]}`);
  document.getElementById("shown").textContent =
    `${number(view.shown.length)} of ${number(records)} records; ${number(all)} of ${number(operationCount)} operations${parts.length ? `: ${parts.join(", ")}` : ""}.`;
  document.getElementById("range").textContent = `${seconds(view.from)} to ${seconds(view.until)} of ${seconds(runEnd)}.`;
}

function drawDetails() {
  const record = view.chosen;
  const title = document.getElementById("record-title");
  if (record < 0) return;
  title.textContent = `Record ${record} · ${seconds(times[record], 6)}${nodeName(record) ? ` · ${nodeName(record)}` : ""}`;
  document.getElementById("record-text").textContent = describe(record);
  document.getElementById("raw").textContent = rawLine(record);
}

// Chooses a record. One that the filter or the span leaves out brings both back to the whole run first.
function choose(record, { center = false } = {}) {
  if (record < 0 || record >= records) return;
  view.chosen = record;
  if (!passes(record)) resetFilter();
  const at = times[record];
  if (center) {
    const half = Math.min(runEnd / 2, Math.max(2000, focusSpan(record)));
    [view.from, view.until] = clamped(at - half, at + half);
    reslice();
    countShown();
  } else if (at < view.from || at > view.until) {
    const half = (view.until - view.from) / 2;
    [view.from, view.until] = clamped(at - half, at + half);
    reslice();
    countShown();
  }
  drawDetails();
  draw();
  scrollToChosen();
  drawRows();
}

// Enough of the run around a record to see its neighbours.
function focusSpan(record) {
  const around = 12, from = Math.max(0, record - around), until = Math.min(records - 1, record + around);
  return Math.max(times[record] - times[from], times[until] - times[record], 1000) * 1.15;
}

function step(by) {
  if (view.chosen < 0) return choose(view.shown[by > 0 ? 0 : view.shown.length - 1] ?? -1);
  const place = placeInShown(view.chosen);
  const there = view.shown[place] === view.chosen;
  const next = place + by - (!there && by > 0 ? 1 : 0);
  choose(view.shown[Math.min(Math.max(next, 0), view.shown.length - 1)] ?? -1);
}
