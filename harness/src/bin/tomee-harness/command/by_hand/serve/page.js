'use strict';
// All that comes from servers and logs is put into text nodes only.

const MOST_ROWS = 500;
const MOST_LOGS = 300;
const COMMON = ['kill', 'stop', 'pause', 'heal', 'restart'];
const $ = (id) => document.getElementById(id);
const rows = [];
let nodes = [];
let ended = false;

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.append(document.createTextNode(text));
  if (kind) made.className = kind;
  return made;
}

function say(text, bad) {
  $('now').textContent = text;
  $('now').className = bad ? 'bad' : '';
}

// Steps: a question, and only then the step.

function field(label, name, required) {
  const made = element('label', label);
  const input = element('input');
  Object.assign(input, { name, required, autocomplete: 'off' });
  made.append(input);
  return made;
}

function asked(deed, node) {
  return new Promise((resolve) => {
    const dialog = $('question');
    $('question-text').textContent = `${deed.verb} ${node}? It ${deed.does}.`;
    const fields = deed.parameters.map((wanted) => field(`${wanted.key} (${wanted.expected})`, `given ${wanted.key}`, true));
    if (deed.lasts) fields.push(field('undone after, for example 10s (empty: until it is healed)', 'lasting', false));
    $('question-fields').replaceChildren(...fields);
    dialog.returnValue = 'no';
    dialog.addEventListener('close', () => {
      if (dialog.returnValue !== 'yes') return resolve(null);
      const answer = { verb: deed.verb, node, given: {} };
      for (const input of $('question-fields').querySelectorAll('input')) {
        if (input.name === 'lasting') answer.lasting = input.value;
        else answer.given[input.name.slice('given '.length)] = input.value;
      }
      return resolve(answer);
    }, { once: true });
    dialog.showModal();
    (dialog.querySelector('input:required') || $('no')).focus();
  });
}

$('no').addEventListener('click', () => $('question').close('no'));

async function step(deed, node) {
  const answer = await asked(deed, node);
  if (!answer) return;
  say(`${deed.verb} ${node} …`);
  try {
    const response = await fetch('step', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(answer),
    });
    const done = await response.json();
    if (response.ok) say([done.title, ...done.proof].join('; '));
    else say([done.message, done.hint].filter(Boolean).join('; '), true);
  } catch (error) {
    say(`${deed.verb} ${node}: ${error.message}`, true);
  }
}

function button(deed, node) {
  const made = element('button', deed.verb);
  made.type = 'button';
  made.dataset.verb = deed.verb;
  made.disabled = ended;
  made.setAttribute('aria-label', `${deed.verb} ${node}`);
  made.addEventListener('click', () => step(deed, node));
  return made;
}

// A node's card keeps its buttons from one look to the next: a click must not hit one that was just replaced.
const cards = new Map();

function card(row, deeds) {
  let known = cards.get(row.node);
  if (!known) {
    known = { card: element('article', undefined, 'card'), state: element('span'), text: element('div'), buttons: element('div', undefined, 'buttons') };
    known.more = element('details');
    known.others = element('div', undefined, 'buttons');
    known.more.append(element('summary', 'more faults'), known.others);
    known.card.dataset.node = row.node;
    known.card.append(element('h3', row.node), known.state, known.text, known.buttons, known.more);
    cards.set(row.node, known);
    $('nodes').append(known.card);
  }
  const up = row.state === 'running';
  known.card.classList.toggle('is-bad', !up);
  known.state.textContent = row.state;
  known.state.className = up ? 'ok' : 'bad';
  const lines = [];
  const place = [row.place, row.http && `http ${row.http}`].filter(Boolean).join(' · ');
  if (place) lines.push(element('p', place, 'faint'));
  if (row.ended) lines.push(element('p', row.ended));
  if (row.members) lines.push(element('p', `sees ${row.members.join(', ') || 'nobody'}`));
  for (const app of row.apps) {
    lines.push(element('p', `${app.context}: ${app.sessions ?? '?'} sessions${app.available ? '' : ', not available'}`));
  }
  if (row.silent) lines.push(element('p', row.silent, 'bad'));
  if (row.problem) lines.push(element('p', `${row.problem.level} ${row.problem.message}`.slice(0, 200), 'bad'));
  known.text.replaceChildren(...lines);
  fill(known.buttons, deeds.filter((deed) => isCommon(deed)), row.node);
  const others = deeds.filter((deed) => !isCommon(deed));
  fill(known.others, others, row.node);
  known.more.hidden = !others.length;
}

function isCommon(deed) {
  return COMMON.includes(deed.verb) || ['drain', 'maint', 'ready'].includes(deed.verb);
}

function fill(place, deeds, node) {
  const before = [...place.children].map((child) => child.dataset.verb).join();
  if (before !== deeds.map((deed) => deed.verb).join()) place.replaceChildren(...deeds.map((deed) => button(deed, node)));
}

function cells(row, texts) {
  row.replaceChildren(...texts.map((text) => element('td', text)));
  return row;
}

function show(look) {
  const view = look.view;
  if (!view) {
    say(look.gone || 'The cluster is gone', true);
    return;
  }
  document.title = `${view.name} · tomee-harness`;
  $('title').textContent = `${view.name} is ${view.phase}`;
  $('setting').textContent = view.setting;
  $('doing').textContent = view.doing ? `now: ${view.doing}` : view.failed || view.held || '';
  nodes = view.nodes.map((row) => row.node);
  for (const row of view.nodes) card(row, look.deeds.filter((deed) => look.open[row.node].includes(deed.verb)));
  $('front-section').hidden = !view.front;
  if (view.front) {
    $('front-setting').textContent = [view.front.setting, view.front.http, view.front.silent].filter(Boolean).join(' · ');
    const servers = Object.entries(view.front.servers);
    $('front').replaceChildren(...servers.map(([node, server]) =>
      cells(element('tr'), [node, server.state, String(server.active), String(server.total), server.check])));
  }
  sessions(look.sessions, look['all-sessions']);
  later();
}

function sessions(shown, all) {
  $('session-head').replaceChildren(...['App', 'Session', ...nodes, 'Differs in'].map((text) => element('th', text)));
  const row = (session) => {
    const held = nodes.map((node) => session.nodes[node] ?? '');
    const made = cells(element('tr'), [session.context, shortened(session.stem), ...held, session.differ.join(', ')]);
    made.children[1].title = session.stem;
    if (session.differ.length) made.className = 'differs';
    return made;
  };
  $('sessions').replaceChildren(...shown.map(row));
  $('sessions-table').hidden = !all;
  $('sessions-none').textContent = !all ? 'No session' : all > shown.length ? `${all} sessions, of which ${shown.length} are shown` : '';
}

function shortened(id) {
  return id.length > 12 ? `${id.slice(0, 10)}…` : id;
}

// History and logs, the newest on top.

function fits(made) {
  const only = $('only-problems').checked;
  return (!only || made.classList.contains('bad')) && made.textContent.toLowerCase().includes($('filter').value.toLowerCase());
}

function line(time, node, text, bad) {
  const made = element('li', undefined, bad ? 'bad' : '');
  made.append(element('time', time), element('b', node), document.createTextNode(text));
  made.hidden = !fits(made);
  return made;
}

function grow(list, more, most) {
  // Who has scrolled down reads, and is not moved.
  const [top, before] = [list.scrollTop, list.scrollHeight];
  list.prepend(...more.reverse());
  while (list.children.length > most) list.lastChild.remove();
  if (top > 0) list.scrollTop = top + list.scrollHeight - before;
}

function add(more) {
  rows.push(...more);
  rows.splice(0, Math.max(0, rows.length - MOST_ROWS));
  for (const row of more) note(row);
  grow($('history'), more.map((row) => line((row['at-ms'] / 1000).toFixed(3), row.node || '', `${row.kind}: ${row.text}`, row.bad)), MOST_ROWS);
  later();
}

function logs(entries) {
  const made = entries.map((entry) => {
    const time = new Date(entry['time-ms']).toISOString().slice(11, 23);
    const logger = entry.logger.split('.').pop();
    const bad = entry.level === 'WARNING' || entry.level === 'SEVERE';
    return line(time, entry.node, `${entry.level} ${logger}: ${entry.message}`, bad);
  });
  grow($('logs'), made, MOST_LOGS);
}

for (const id of ['filter', 'only-problems']) {
  $(id).addEventListener('input', () => {
    for (const made of document.querySelectorAll('.lines li')) made.hidden = !fits(made);
  });
}

// The timeline: a lane a node, on it the times when it was down or broken, and a mark for each row.

let spans = [];

function note(row) {
  if (!row.edge) return;
  const at = row['at-ms'];
  const end = (wanted) => {
    for (const span of spans) if (span.node === row.node && span.to === undefined && wanted(span)) span.to = at;
  };
  if (row.edge === 'down') {
    end(() => true);
    spans.push({ node: row.node, kind: 'down', from: at });
  } else if (row.edge === 'up') end(() => true);
  else if (row.edge.begins !== undefined) spans.push({ node: row.node, kind: 'lasting', fault: row.edge.begins, from: at });
  else end((span) => span.fault === row.edge.ends);
}

const SVG = 'http://www.w3.org/2000/svg';
const [LEFT, LANE, AXIS] = [48, 34, 20];
let waits = false;

// Drawn once a frame, however much came.
function later() {
  if (waits) return;
  waits = true;
  requestAnimationFrame(() => {
    waits = false;
    draw();
  });
}

function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.append(document.createTextNode(text));
  return made;
}

function draw() {
  const svg = $('timeline');
  const named = rows.map((row) => row.node).filter(Boolean);
  const lanes = [...new Set([...nodes, ...named])].sort();
  lanes.unshift('');
  const [width, height] = [svg.clientWidth || 600, lanes.length * LANE + AXIS];
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('height', height);
  if (!rows.length) return svg.replaceChildren();
  const from = rows[0]['at-ms'];
  const to = Math.max(rows[rows.length - 1]['at-ms'], from + 1000);
  const x = (at) => LEFT + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (width - LEFT - 10);
  const parts = [];
  lanes.forEach((lane, place) => {
    const y = place * LANE;
    parts.push(drawn('text', { x: 6, y: y + LANE / 2 + 4 }, lane || 'all'));
    if (!lane) return;
    parts.push(drawn('rect', { class: 'life', x: LEFT, y: y + 4, width: width - LEFT - 10, height: LANE - 8 }));
    for (const span of spans.filter((span) => span.node === lane && (span.to ?? to) >= from)) {
      const [begin, end] = [x(span.from), x(span.to ?? to)];
      parts.push(drawn('rect', { class: span.kind, x: begin, y: y + 4, width: Math.max(end - begin, 2), height: LANE - 8 }));
    }
  });
  for (const row of rows) {
    const tall = row.kind === 'fault' || row.bad ? LANE - 8 : LANE - 20;
    const y = lanes.indexOf(row.node || '') * LANE + (LANE - tall) / 2;
    parts.push(drawn('rect', { class: row.bad ? 'wrong' : row.kind, x: x(row['at-ms']), y, width: 2, height: tall }));
  }
  const ticks = Math.max(2, Math.floor((width - LEFT) / 140));
  for (let tick = 0; tick <= ticks; tick += 1) {
    const at = from + ((to - from) * tick) / ticks;
    const anchor = tick === 0 ? 'start' : tick === ticks ? 'end' : 'middle';
    parts.push(drawn('text', { x: x(at), y: height - 6, 'text-anchor': anchor }, `${(at / 1000).toFixed(1)} s`));
  }
  return svg.replaceChildren(...parts);
}

addEventListener('resize', later);

function traffic(now) {
  const { total, answered, failed, 'median-ms': median, 'longest-ms': longest } = now;
  if (!total) return;
  $('traffic').textContent =
    `${total} requests; of the last ${answered + failed}: ${answered} answered, ${failed} not, median ${median} ms, at most ${longest} ms`;
}

const events = new EventSource('events');
const on = (name, then) => events.addEventListener(name, (event) => then(JSON.parse(event.data)));
on('reset', () => {
  rows.splice(0);
  spans = [];
  $('history').replaceChildren();
  $('logs').replaceChildren();
});
on('look', show);
on('history', add);
on('traffic', traffic);
on('logs', logs);
on('end', (why) => {
  ended = true;
  events.close();
  say(why, true);
  for (const made of document.querySelectorAll('button[data-verb]')) made.disabled = true;
});
events.addEventListener('error', () => {
  if (!ended) say('The connection is lost; trying again', true);
});
events.addEventListener('open', () => say('Live'));
