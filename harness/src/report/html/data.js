// The data: columns as typed arrays, the raw lines put together when somebody looks.
const data = JSON.parse(document.getElementById("data").textContent);
const { summary, columns, lines } = data;
const verdict = summary.verdict;

function sums(differences) {
  const values = new Float64Array(differences.length);
  let value = 0;
  for (let i = 0; i < differences.length; i++) values[i] = value += differences[i];
  return values;
}

const times = sums(columns.at);
const records = times.length;
const kinds = columns.kinds;
const nodes = columns.nodes, clients = columns.clients, sessions = columns.sessions;
const operations = columns.operations;
const operationCount = operations.id.length;
const outcomeOf = operations.outcome;
const starts = Float64Array.from(operations.invoke, (record) => times[record]);
const runEnd = times.reduce((last, at) => Math.max(last, at), 1);
// An open request ends where the run ends.
const ends = Float64Array.from(operations.complete, (record) => (record < 0 ? runEnd : times[record]));
// The operation of each invocation and completion, -1 of all others.
const operationOf = new Int32Array(records).fill(-1);
for (let i = 0; i < operationCount; i++) {
  operationOf[operations.invoke[i]] = i;
  if (operations.complete[i] >= 0) operationOf[operations.complete[i]] = i;
}
// The index of each log line and fault by its record.
const logOf = new Map(columns.logs.record.map((record, index) => [record, index]));

// The place of each record in the table of its shape; sums of number columns are made at the first look.
const placeOf = new Uint32Array(records);
{
  const next = new Uint32Array(lines.shapes.length);
  for (let i = 0; i < records; i++) placeOf[i] = next[lines.shape_of[i]]++;
}

// The line of a record as it stands in history.jsonl.
function rawLine(record) {
  const shape = lines.shapes[lines.shape_of[record]];
  const place = placeOf[record];
  shape.parts ??= shape.form.split(/([\u0001\u0002])/);
  shape.values ??= [];
  let line = "", column = 0;
  for (const part of shape.parts) {
    if (part === "\u0001") {
      shape.values[column] ??= sums(shape.columns[column]);
      line += shape.values[column++][place];
    } else if (part === "\u0002") {
      line += lines.texts[shape.columns[column++][place]];
    } else {
      line += part;
    }
  }
  return line;
}

function seconds(micros, digits = 3) {
  return (micros / 1e6).toFixed(digits) + " s";
}

function duration(micros) {
  if (micros < 1000) return micros + " µs";
  if (micros < 1e6) return (micros / 1000).toFixed(micros < 1e4 ? 2 : 0) + " ms";
  return (micros / 1e6).toFixed(2) + " s";
}

const number = (value) => value.toLocaleString("en-US");
const outcomeWords = { o: "ok", f: "failed", u: "unknown", p: "open" };
const outcomeSigns = { o: "●", f: "✕", u: "◆", p: "○" };
const kindWords = { r: "requests", f: "faults", o: "looks", e: "events", l: "log" };
const kindOf = (record) => (kinds[record] === "i" || kinds[record] === "c" ? "r" : kinds[record]);

// One line on a record, in words. What it says of servers is text, and is put into text nodes only.
function describe(record) {
  const it = JSON.parse(rawLine(record));
  switch (it.record) {
    case "invoke":
      return `#${it.operation} ${it.client} asks ${it.target} with ${it.session ?? "no session"}`;
    case "complete": {
      const reply = it.reply;
      const counter = reply?.counter;
      const said = counter ? `${reply.status}, count ${counter.count}, ${counter.session ?? "no session"}${counter.new ? ", new" : ""}`
        : reply ? [reply.status, reply.body?.trim()].filter((part) => part).join(": ") : "";
      const index = operationOf[record];
      const took = index < 0 ? "" : ` after ${duration(ends[index] - starts[index])}`;
      return `#${it.operation} ${it.outcome}${took}${it.why ? `: ${it.why}` : ""}${said ? `: ${said}` : ""}`;
    }
    case "fault":
      return `fault ${it.fault} (${it.kind}) ${it.phase}${it.proof ? `: ${it.proof}` : ""}${it.seen ? `: ${it.seen}` : ""}`;
    case "observe": {
      if (it.dead !== undefined) return `no answer to a look: ${it.dead}`;
      const held = (it.state?.contexts ?? []).flatMap((context) => context.sessions ?? []);
      const shown = held.map((session) => `${session.id} ${session.role} count ${session.attributes?.count?.value ?? "none"}`);
      return `looked at: ${it.state?.members?.length ?? 0} members; ${shown.join("; ") || "no session"}`;
    }
    case "event": {
      const rest = Object.entries(it).filter(([name]) => !["at-ns", "record", "event", "node", "endpoints"].includes(name));
      return `${it.event} ${rest.map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ")}`;
    }
    case "log":
      return `${it.level} ${it.class}: ${it.message}`;
    default:
      return JSON.stringify(it);
  }
}

const nodeName = (record) => nodes[columns["node-of"][record]] ?? "";

// The span that a reader wants first: faults and the first violation with some time around them, or else the requests.
function firstSpan() {
  const lastEnd = ends.reduce((last, end) => Math.max(last, end), 0);
  // A fault that lasts is followed by what the clients saw of it.
  const at = columns.faults.flatMap((fault) => [fault.from ?? times[fault.record], fault.until ?? Math.max(times[fault.record], lastEnd)]);
  if (violationRecord >= 0) at.push(times[violationRecord]);
  if (at.length === 0) {
    for (let i = 0; i < operationCount; i++) at.push(starts[i], ends[i]);
  }
  if (at.length === 0) return [0, runEnd];
  const first = at.reduce((one, other) => Math.min(one, other)), last = at.reduce((one, other) => Math.max(one, other));
  const around = Math.max((last - first) * .06, 200000);
  return [Math.max(0, first - around), Math.min(runEnd, last + around)];
}

// What the reader looks at: a span of time, a filter, a chosen record. `changed` is called after each change.
const view = {
  from: 0, until: runEnd,
  session: -1,
  outcomes: new Set("ofup"),
  kinds: new Set("rfoel"),
  chosen: -1,
  // The records that the filter lets through, in order of the file; those of them in the span.
  passing: new Uint32Array(0),
  shown: new Uint32Array(0),
};

// The looks that show the session of the filter.
let looksAtSession = new Set();

function passes(record) {
  const kind = kindOf(record);
  if (!view.kinds.has(kind)) return false;
  if (kind === "r") {
    const operation = operationOf[record];
    return operation < 0 ? view.session < 0 : operationPasses(operation);
  }
  return view.session < 0 || kind !== "o" || looksAtSession.has(record);
}

function operationPasses(operation) {
  if (!view.outcomes.has(outcomeOf[operation])) return false;
  return view.session < 0 || operations.sent[operation] === view.session || operations.answered[operation] === view.session;
}

function refilter() {
  looksAtSession = new Set();
  if (view.session >= 0) {
    const { session, record } = columns.replicas;
    for (let i = 0; i < session.length; i++) if (session[i] === view.session) looksAtSession.add(record[i]);
  }
  const passing = new Uint32Array(records);
  let count = 0;
  for (let i = 0; i < records; i++) if (passes(i)) passing[count++] = i;
  view.passing = passing.subarray(0, count);
  reslice();
}

function reslice() {
  const { from, until } = view;
  view.shown = from <= 0 && until >= runEnd ? view.passing
    : view.passing.filter((record) => times[record] >= from && times[record] <= until);
}

// The first violation that counts, or else the one that is expected.
const counted = (row, status) => row.aside === null && row.status === status;
const firstViolation = data.rows.find((row) => counted(row, "violated"));
const shownViolation = verdict["expected-violations"]?.find((shown) => shown.status === "holds");
const violationRecord = (firstViolation ?? shownViolation)?.evidence[0] ?? -1;
const violationLabel = firstViolation || !shownViolation ? "first violation" : "expected violation";
const evident = new Set(data.rows.filter((row) => row.status !== "holds").flatMap((row) => row.evidence));
[view.from, view.until] = firstSpan();
