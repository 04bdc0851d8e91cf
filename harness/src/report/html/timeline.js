// The timeline: lanes on a canvas. What lies on one pixel is drawn once, so that any number of requests draws quickly.
const lanesCanvas = document.getElementById("timeline");
const AXIS = 26, RIGHT = 14;
// Where the lanes begin: names have less room on a narrow screen.
let GUTTER = 108;
// Beyond so many clients the rest share a lane: a canvas has a largest height.
const MOST_CLIENT_LANES = 150;
// More clients than these are one lane, until the reader wants to see each.
const FEW_CLIENTS = 8;
const nodeLane = 46;
let folded, clientLanes, clientLane, lanesHeight;
function layLanes(fold) {
  folded = fold;
  clientLanes = fold ? 1 : Math.min(clients.length, MOST_CLIENT_LANES);
  clientLane = clientLanes > 24 ? 14 : 30;
  lanesHeight = AXIS + nodes.length * nodeLane + clientLanes * clientLane + 8;
}
layLanes(clients.length > FEW_CLIENTS);

let colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  colours = new Proxy({}, { get: (known, name) => (known[name] ??= style.getPropertyValue(`--${name}`).trim()) });
}

const laneOfNode = (node) => AXIS + node * nodeLane + nodeLane / 2;
const laneOfClient = (client) => AXIS + nodes.length * nodeLane + Math.min(client, clientLanes - 1) * clientLane + clientLane / 2;

// A canvas with its pixels matched to the screen's.
function prepare(canvas, height) {
  const width = canvas.clientWidth, ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  pen.textBaseline = "middle";
  return { pen, width, height };
}

const xOf = (at, width) => GUTTER + ((at - view.from) / (view.until - view.from)) * (width - GUTTER - RIGHT);
const timeAt = (x, width) => view.from + ((x - GUTTER) / (width - GUTTER - RIGHT)) * (view.until - view.from);

// Round instants for an axis of this span.
function ticks(from, until, wanted) {
  const rough = (until - from) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const all = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) all.push(at);
  return { all, step };
}

function timeLabel(at, step) {
  return step >= 1e6 ? `${Math.round(at / 1e6)} s` : step >= 1000 ? `${(at / 1e6).toFixed(step >= 1e5 ? 1 : step >= 1e4 ? 2 : 3)} s` : `${(at / 1000).toFixed(step >= 100 ? 1 : 3)} ms`;
}

function fitted(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && pen.measureText(text.slice(0, end) + "…").width > width) end--;
  return text.slice(0, end) + "…";
}

function drawAxis(pen, width, height) {
  const { all, step } = ticks(view.from, view.until, Math.max(2, Math.floor((width - GUTTER) / 110)));
  pen.strokeStyle = colours.line;
  pen.fillStyle = colours.faint;
  pen.lineWidth = 1;
  pen.textAlign = "center";
  for (const at of all) {
    const x = Math.round(xOf(at, width)) + .5;
    pen.beginPath(); pen.moveTo(x, AXIS - 4); pen.lineTo(x, height); pen.stroke();
    const half = pen.measureText(timeLabel(at, step)).width / 2;
    pen.fillText(timeLabel(at, step), Math.min(Math.max(x, GUTTER + half), width - half - 2), 12);
  }
}

function span(pen, width, from, until, y, height, colour) {
  const left = Math.max(GUTTER, xOf(from, width)), right = Math.min(width - RIGHT, xOf(until, width));
  if (right < GUTTER || left > width - RIGHT) return null;
  pen.fillStyle = colour;
  pen.fillRect(left, y, Math.max(2, right - left), height);
  return { left, right };
}

function drawLanes(pen, width) {
  pen.textAlign = "left";
  const name = (text, y, height) => {
    pen.strokeStyle = colours.line;
    pen.beginPath(); pen.moveTo(0, Math.round(y + height / 2) + .5); pen.lineTo(width, Math.round(y + height / 2) + .5); pen.stroke();
    pen.fillStyle = colours.ink;
    pen.fillText(fitted(pen, text, GUTTER - 20), 12, y);
  };
  pen.font = "600 13px system-ui, 'DejaVu Sans', sans-serif";
  nodes.forEach((node, index) => name(node, laneOfNode(index), nodeLane));
  pen.font = `${clientLane < 20 ? 10 : 12}px system-ui, 'DejaVu Sans', sans-serif`;
  for (let i = 0; i < clientLanes; i++) {
    const rest = clients.length - clientLanes + 1;
    const several = folded ? `${rest} clients` : `${rest} more clients`;
    name(i === clientLanes - 1 && rest > 1 ? several : clients[i], laneOfClient(i), clientLane);
  }
  for (const life of columns.lives) {
    const y = laneOfNode(life.node) - 9, until = life.until ?? runEnd, ready = Math.min(life.ready ?? until, until);
    span(pen, width, life.from, ready, y, 18, colours.starting);
    span(pen, width, ready, until, y, 18, colours.life);
  }
}

function drawFaults(pen, width) {
  if (!view.kinds.has("f")) return;
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  for (const fault of columns.faults) {
    const top = laneOfNode(fault.node) - nodeLane / 2 + 1;
    const from = fault.from ?? times[fault.record];
    const shown = span(pen, width, from, fault.from === null ? from : fault.until ?? runEnd, top, nodeLane - 2, colours.fault);
    if (!shown) continue;
    const x = xOf(from, width);
    if (x >= GUTTER) {
      pen.fillStyle = colours.bad;
      pen.fillRect(x - 1, top, 2, nodeLane - 2);
    }
    const label = `${fault.kind}${fault.from === null ? " (no effect)" : ""}`;
    if (shown.right - shown.left > pen.measureText(label).width + 10) {
      pen.textAlign = "left";
      pen.fillStyle = colours.bad;
      pen.fillText(label, shown.left + 6, top + 8);
    }
  }
}

// A mark by outcome: colour and shape both show it.
function mark(pen, outcome, x, y, size) {
  pen.beginPath();
  if (outcome === "o") {
    pen.fillStyle = colours.ok;
    pen.arc(x, y, size, 0, 7); pen.fill();
  } else if (outcome === "f") {
    pen.strokeStyle = colours.bad; pen.lineWidth = 2;
    pen.moveTo(x - size, y - size); pen.lineTo(x + size, y + size); pen.moveTo(x + size, y - size); pen.lineTo(x - size, y + size);
    pen.stroke(); pen.lineWidth = 1;
  } else if (outcome === "u") {
    pen.fillStyle = colours.odd;
    pen.moveTo(x, y - size - 1); pen.lineTo(x + size + 1, y); pen.lineTo(x, y + size + 1); pen.lineTo(x - size - 1, y); pen.fill();
  } else {
    pen.strokeStyle = colours.faint;
    pen.arc(x, y, size, 0, 7); pen.stroke();
  }
}

function drawOperations(pen, width) {
  if (!view.kinds.has("r")) return;
  const small = clientLane < 20 ? 3 : 4.5;
  // Last drawn pixel of each lane and outcome.
  const drawn = new Map();
  const fresh = (lane, outcome, x) => {
    const key = lane * 8 + "ofup".indexOf(outcome);
    const last = drawn.get(key);
    if (last !== undefined && Math.abs(last - x) < 1) return false;
    drawn.set(key, x);
    return true;
  };
  for (let pass = 0; pass < 2; pass++) {
    drawn.clear();
    for (let i = 0; i < operationCount; i++) {
      const outcome = outcomeOf[i];
      // What went well first, so that nothing hides what did not.
      if ((outcome === "o") !== (pass === 0) || ends[i] < view.from || starts[i] > view.until || !operationPasses(i)) continue;
      const x = Math.min(Math.max(xOf(ends[i], width), GUTTER), width - RIGHT);
      const node = operations.node[i], client = operations.client[i];
      const begin = Math.max(xOf(starts[i], width), GUTTER);
      for (const [lane, y, size] of [[node, laneOfNode(node), 4.5], [nodes.length + client, laneOfClient(client), small]]) {
        if (!fresh(lane, outcome, Math.round(x))) continue;
        if (x - begin > 3) {
          pen.fillStyle = outcome === "o" ? colours.ok : outcome === "f" ? colours.bad : outcome === "u" ? colours.odd : colours.faint;
          pen.globalAlpha = .45;
          pen.fillRect(begin, y - 1.5, x - begin, 3);
          pen.globalAlpha = 1;
        }
        mark(pen, outcome, x, y, size);
      }
    }
  }
}

// Log lines below, looks above the middle of a node's lane.
const logY = (node) => laneOfNode(node) + nodeLane / 2 - 7;
const lookY = (node) => laneOfNode(node) - nodeLane / 2 + 6;

function drawLogsAndLooks(pen, width) {
  const drawn = new Set();
  for (const kind of ["l", "o"]) {
    if (!view.kinds.has(kind)) continue;
    for (const record of view.shown) {
      if (kinds[record] !== kind) continue;
      const node = columns["node-of"][record], x = Math.round(xOf(times[record], width));
      const level = kind === "l" ? columns.logs.level[logOf.get(record)] : "L";
      const key = `${node} ${x} ${level}`;
      if (drawn.has(key)) continue;
      drawn.add(key);
      if (kind === "o") {
        pen.strokeStyle = colours.s4;
        pen.strokeRect(x - 2.5, lookY(node) - 2.5, 5, 5);
      } else {
        pen.fillStyle = level === "S" ? colours.bad : level === "W" ? colours.odd : colours.faint;
        const height = level === "I" ? 5 : 9;
        pen.fillRect(x - 1, logY(node) + 4 - height, 2, height);
      }
    }
  }
}

function drawTimeline() {
  GUTTER = lanesCanvas.clientWidth < 600 ? 86 : 108;
  const { pen, width, height } = prepare(lanesCanvas, lanesHeight);
  drawAxis(pen, width, height);
  drawLanes(pen, width);
  drawFaults(pen, width);
  drawLogsAndLooks(pen, width);
  drawOperations(pen, width);
  for (const [record, colour, label] of [[violationRecord, colours.bad, violationLabel], [view.chosen, colours.chosen, ""]]) {
    if (record < 0 || times[record] < view.from || times[record] > view.until) continue;
    const x = Math.round(xOf(times[record], width)) + .5;
    pen.strokeStyle = colour; pen.lineWidth = 2; pen.setLineDash(label ? [5, 3] : []);
    pen.beginPath(); pen.moveTo(x, AXIS - 6); pen.lineTo(x, height); pen.stroke();
    pen.setLineDash([]); pen.lineWidth = 1;
    if (label) {
      const wide = pen.measureText(label).width + 10, left = Math.min(Math.max(x - wide / 2, GUTTER), width - wide - 2);
      pen.fillStyle = colours.bad; pen.fillRect(left, 3, wide, 18);
      pen.fillStyle = colours.card; pen.textAlign = "center"; pen.fillText(label, left + wide / 2, 12.5);
    }
  }
}

// The record nearest to a point of the timeline, -1 where nothing is near.
function recordAt(x, y, width) {
  let best = -1, least = 9;
  const near = (at, lane, record) => {
    const distance = Math.hypot(xOf(at, width) - x, (lane - y) / 1.4);
    if (distance < least) { least = distance; best = record; }
  };
  if (view.kinds.has("r")) {
    const slack = (10 / (width - GUTTER)) * (view.until - view.from), at = timeAt(x, width);
    for (let i = 0; i < operationCount; i++) {
      if (ends[i] < at - slack || starts[i] > at + slack || !operationPasses(i)) continue;
      const record = operations.complete[i] >= 0 ? operations.complete[i] : operations.invoke[i];
      // On the bar of a long request, too.
      const place = Math.min(Math.max(at, starts[i]), ends[i]);
      near(place, laneOfNode(operations.node[i]), record);
      near(place, laneOfClient(operations.client[i]), record);
    }
  }
  for (const record of view.shown) {
    const node = columns["node-of"][record];
    if (kinds[record] === "l") near(times[record], logY(node), record);
    if (kinds[record] === "o") near(times[record], lookY(node), record);
  }
  if (best >= 0) return best;
  const fault = view.kinds.has("f") && columns.faults.find((fault) => {
    const from = fault.from ?? times[fault.record], at = timeAt(x, width);
    return Math.abs(laneOfNode(fault.node) - y) < nodeLane / 2 && at >= from && at <= (fault.from === null ? from : fault.until ?? runEnd);
  });
  return fault ? fault.record : -1;
}
