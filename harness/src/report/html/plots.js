// Two plots that share the timeline's span: counters in replicas, and replication lag.
const replicaCanvas = document.getElementById("replicas"), lagCanvas = document.getElementById("lag");
const PLOT = 170, LEFT = 56, BOTTOM = 22, TOP = 20;
const nodeColour = (node) => colours[`s${node % 8}`];
// Also by shape, for those who cannot distinguish the colours.
const nodeDash = (node) => [[], [6, 3], [2, 3], [8, 3, 2, 3]][node % 4];

function plotX(at, width) {
  return LEFT + ((at - view.from) / (view.until - view.from)) * (width - LEFT - 10);
}

function legend(pen, width) {
  let x = width - 10;
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  pen.textAlign = "right";
  for (let node = nodes.length - 1; node >= 0; node--) {
    pen.fillStyle = colours.ink;
    pen.fillText(nodes[node], x, 9);
    x -= pen.measureText(nodes[node]).width + 6;
    pen.strokeStyle = nodeColour(node); pen.lineWidth = 3; pen.setLineDash(nodeDash(node));
    pen.beginPath(); pen.moveTo(x - 22, 9); pen.lineTo(x, 9); pen.stroke();
    x -= 34;
  }
  pen.setLineDash([]); pen.lineWidth = 1;
}

function frame(pen, width, labels) {
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  for (const [y, text] of labels) {
    pen.strokeStyle = colours.line;
    pen.beginPath(); pen.moveTo(LEFT, Math.round(y) + .5); pen.lineTo(width - 10, Math.round(y) + .5); pen.stroke();
    pen.fillStyle = colours.faint; pen.textAlign = "right";
    pen.fillText(text, LEFT - 6, y);
  }
  const { all, step } = ticks(view.from, view.until, Math.max(2, Math.floor((width - LEFT) / 110)));
  pen.textAlign = "center";
  for (const at of all) pen.fillText(timeLabel(at, step), Math.min(plotX(at, width), width - 22), PLOT - 9);
}

function empty(pen, width, text) {
  pen.fillStyle = colours.faint; pen.textAlign = "center";
  pen.font = "13px system-ui, 'DejaVu Sans', sans-serif";
  pen.fillText(text, width / 2, PLOT / 2);
}

const sessionPasses = (session) => view.session < 0 || session === view.session;

function drawReplicas() {
  if (replicaCanvas.clientWidth === 0) return;
  const { pen, width } = prepare(replicaCanvas, PLOT);
  const { record, node, session, count } = columns.replicas;
  const text = document.getElementById("replicas-text");
  let highest = 0, any = false;
  for (let i = 0; i < record.length; i++) {
    if (count[i] === null || !sessionPasses(session[i])) continue;
    any = true;
    highest = Math.max(highest, count[i]);
  }
  if (!any) {
    text.textContent = "No look at a node showed a counter.";
    return empty(pen, width, "no look showed a counter");
  }
  const y = (value) => PLOT - BOTTOM - (value / Math.max(1, highest)) * (PLOT - BOTTOM - TOP);
  frame(pen, width, ticks(0, Math.max(1, highest), 4).all.filter(Number.isInteger).map((value) => [y(value), number(value)]));
  legend(pen, width);
  pen.save();
  pen.beginPath(); pen.rect(LEFT - 4, 0, width - LEFT, PLOT - BOTTOM + 5); pen.clip();
  // A line for each session and node; a look without a value breaks nothing, it is only no point.
  const lines = new Map(), last = new Map();
  for (let i = 0; i < record.length; i++) {
    if (count[i] === null || !sessionPasses(session[i])) continue;
    const key = session[i] * nodes.length + node[i];
    if (!lines.has(key)) lines.set(key, []);
    lines.get(key).push(i);
    last.set(nodes[node[i]], count[i]);
  }
  const many = lines.size > 24;
  for (const points of lines.values()) {
    const of = node[points[0]], drawn = new Set();
    pen.strokeStyle = pen.fillStyle = nodeColour(of);
    pen.globalAlpha = many ? .35 : 1;
    pen.lineWidth = many ? 1 : 2; pen.setLineDash(nodeDash(of));
    pen.beginPath();
    let before;
    for (const i of points) {
      const x = plotX(times[record[i]], width) + of * 1.5, top = y(count[i]) - of * 1.5;
      if (before === undefined) pen.moveTo(x, top); else { pen.lineTo(x, before); pen.lineTo(x, top); }
      before = top;
    }
    pen.stroke(); pen.setLineDash([]);
    for (const i of points) {
      const x = Math.round(plotX(times[record[i]], width) + of * 1.5), top = Math.round(y(count[i]) - of * 1.5);
      const key = x * 1000 + top;
      if (drawn.has(key)) continue;
      drawn.add(key);
      pen.fillRect(x - 2, top - 2, 4, 4);
    }
  }
  pen.restore(); pen.globalAlpha = 1;
  text.textContent = `Last seen: ${[...last].sort().map(([name, value]) => `${name} ${value}`).join(", ")}.`;
}

function drawLag() {
  if (lagCanvas.clientWidth === 0) return;
  const { pen, width } = prepare(lagCanvas, PLOT);
  const lag = data.lag;
  const text = document.getElementById("lag-text");
  const points = [];
  for (let i = 0; i < lag.operation.length; i++) {
    if (sessionPasses(operations.answered[lag.operation[i]])) points.push(i);
  }
  if (points.length === 0) {
    text.textContent = "No acknowledged count was seen on another node afterwards.";
    return empty(pen, width, "nothing to measure in this history");
  }
  const values = points.map((i) => lag.micros[i]).sort((a, b) => a - b);
  // Powers of ten, as a lag is a matter of magnitude.
  const low = Math.floor(Math.log10(Math.max(1, values[0]))), high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, values.at(-1)))));
  const y = (value) => PLOT - BOTTOM - ((Math.log10(Math.max(1, value)) - low) / (high - low)) * (PLOT - BOTTOM - TOP);
  const powers = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  frame(pen, width, powers.map((value) => [y(value), value < 1000 ? `${value} µs` : value < 1e6 ? `${value / 1000} ms` : `${value / 1e6} s`]));
  legend(pen, width);
  const drawn = new Set();
  for (const i of points) {
    const at = ends[lag.operation[i]];
    if (at < view.from || at > view.until) continue;
    const x = Math.round(plotX(at, width)), top = Math.round(y(lag.micros[i])), key = x * 1000 + top;
    if (drawn.has(key)) continue;
    drawn.add(key);
    pen.fillStyle = nodeColour(lag.node[i]);
    if (lag.node[i] % 2) { pen.beginPath(); pen.arc(x, top, 3.5, 0, 7); pen.fill(); } else pen.fillRect(x - 3, top - 3, 6, 6);
  }
  const rank = (percent) => duration(values[Math.min(values.length - 1, Math.floor((values.length * percent) / 100))]);
  text.textContent = `${number(values.length)} counts: median ${rank(50)}, p99 ${rank(99)}, max ${duration(values.at(-1))} (a look that comes late makes it longer).`;
}
