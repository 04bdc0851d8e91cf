'use strict';
// All that comes from servers and logs is put into text nodes only.

const MOST_ROWS = 500;
const MOST_PROBLEMS = 100;
const $ = (id) => document.getElementById(id);
const rows = [];
let nodes = [];

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

const QUESTIONS = {
  kill: (node) => `Kill ${node}? Its process ends at once (SIGKILL), with all that it alone holds.`,
  stop: (node) => `Stop ${node}? It ends in order (SIGTERM).`,
  pause: (node) => `Freeze ${node}? It answers nobody until it is healed.`,
  heal: (node) => `Undo all that was done to ${node} and can be undone?`,
  restart: (node) => `Start ${node} again?`,
  drain: (node) => `Let the front give ${node} no new sessions?`,
  maint: (node) => `Take ${node} out of the front?`,
  ready: (node) => `Put ${node} back into the front?`,
};

function asked(verb, node) {
  return new Promise((resolve) => {
    const dialog = $('question');
    $('question-text').textContent = QUESTIONS[verb](node);
    dialog.returnValue = 'no';
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    dialog.showModal();
    $('no').focus();
  });
}

async function step(verb, node) {
  if (!(await asked(verb, node))) return;
  say(`${verb} ${node} …`);
  try {
    const answer = await fetch('step', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ verb, node }),
    });
    const done = await answer.json();
    if (answer.ok) {
      say([done.title, ...done.proof].join('; '));
    } else {
      say([done.message, done.hint].filter(Boolean).join('; '), true);
    }
  } catch (error) {
    say(`${verb} ${node}: ${error.message}`, true);
  }
}

function button(verb, node) {
  const made = element('button', verb);
  made.type = 'button';
  made.dataset.verb = verb;
  made.setAttribute('aria-label', `${verb} ${node}`);
  made.addEventListener('click', () => step(verb, node));
  return made;
}

// A node's card keeps its buttons from one look to the next: a click must not hit one that was just replaced.
const cards = new Map();

function card(row, front) {
  let known = cards.get(row.node);
  if (!known) {
    known = { card: element('article', undefined, 'card'), text: element('div'), buttons: element('div', undefined, 'buttons') };
    known.card.dataset.node = row.node;
    known.card.append(element('h3', row.node), known.text, known.buttons);
    cards.set(row.node, known);
    $('nodes').append(known.card);
  }
  const up = row.state === 'running';
  const lines = [element('p', row.state, up ? 'good' : 'bad')];
  const facts = [row.place, row.http && `http ${row.http}`, row.ended];
  for (const fact of facts) if (fact) lines.push(element('p', fact));
  if (row.members) lines.push(element('p', `sees ${row.members.join(', ') || 'nobody'}`));
  for (const app of row.apps) {
    lines.push(element('p', `${app.context}: ${app.sessions ?? '?'} sessions${app.available ? '' : ', not available'}`));
  }
  if (row.silent) lines.push(element('p', row.silent, 'bad'));
  known.text.replaceChildren(...lines);
  const ends = row.ended ? ['restart'] : row.faults.length ? ['heal', 'kill'] : ['kill', 'stop', 'pause'];
  const verbs = front ? [...ends, 'drain', 'maint', 'ready'] : ends;
  const before = [...known.buttons.children].map((child) => child.dataset.verb).join();
  if (before !== verbs.join()) known.buttons.replaceChildren(...verbs.map((verb) => button(verb, row.node)));
}

function cells(row, texts) {
  row.replaceChildren(...texts.map((text) => element('td', text)));
  return row;
}

function show(look) {
  const view = look.view;
  if (!view) {
    say(look.gone || 'the cluster is gone', true);
    return;
  }
  document.title = `${view.name} · tomee-harness`;
  $('title').textContent = `${view.name} is ${view.phase}`;
  $('setting').textContent = view.setting;
  if (view.doing) say(view.doing);
  else if ($('now').textContent === 'Connecting') say('Live');
  nodes = view.nodes.map((row) => row.node);
  for (const row of view.nodes) card(row, Boolean(view.front));
  $('front-section').hidden = !view.front;
  if (view.front) {
    $('front-setting').textContent = [view.front.setting, view.front.http, view.front.silent].filter(Boolean).join(' · ');
    const servers = Object.entries(view.front.servers);
    $('front').replaceChildren(...servers.map(([node, server]) =>
      cells(element('tr'), [node, server.state, String(server.active), String(server.total), server.check])));
  }
  sessions(look.sessions);
}

function sessions(all) {
  $('session-head').replaceChildren(...['App', 'Session', ...nodes, 'Differs in'].map((text) => element('th', text)));
  const row = (session) => {
    const held = nodes.map((node) => {
      const replica = session.nodes[node];
      if (!replica) return '–';
      const count = replica.attributes?.count?.value;
      return `${replica.role}${count === undefined ? '' : `, count ${count}`}`;
    });
    const made = cells(element('tr'), [session.context, session.stem, ...held, session.differ.join(', ')]);
    if (session.differ.length) made.className = 'bad';
    return made;
  };
  $('sessions').replaceChildren(...all.slice(0, 200).map(row));
  $('sessions-none').textContent = all.length ? (all.length > 200 ? `${all.length} sessions, the first 200 are shown` : '') : 'No session';
}

function line(row) {
  const made = element('li', `${(row['at-ms'] / 1000).toFixed(3)} ${row.node || ''} ${row.kind}: ${row.text}`, row.bad ? 'bad' : '');
  made.hidden = !fits(made);
  return made;
}

function fits(made) {
  return made.textContent.toLowerCase().includes($('filter').value.toLowerCase());
}

function add(more) {
  rows.push(...more);
  rows.splice(0, Math.max(0, rows.length - MOST_ROWS));
  const list = $('history');
  for (const row of more) list.prepend(line(row));
  while (list.children.length > MOST_ROWS) list.lastChild.remove();
  draw();
}

const SVG = 'http://www.w3.org/2000/svg';

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function draw() {
  const svg = $('timeline');
  const lanes = [...new Set(rows.map((row) => row.node || ''))].sort();
  const [width, height, left] = [1000, 128, 60];
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  if (!rows.length) return svg.replaceChildren();
  const from = rows[0]['at-ms'];
  const to = Math.max(rows[rows.length - 1]['at-ms'], from + 1);
  const each = height / lanes.length;
  const parts = lanes.flatMap((lane, place) => {
    const y = each * place + each / 2;
    const label = drawn('text', { x: 2, y: y + 4 });
    label.append(document.createTextNode(lane || 'all'));
    return [drawn('line', { x1: left, x2: width, y1: y, y2: y }), label];
  });
  for (const row of rows) {
    const x = left + ((row['at-ms'] - from) / (to - from)) * (width - left - 6) + 2;
    const y = each * lanes.indexOf(row.node || '') + each / 2;
    const tall = row.kind === 'fault' ? each * 0.8 : each * 0.4;
    parts.push(drawn('rect', { x, y: y - tall / 2, width: 3, height: tall, class: row.bad ? 'wrong' : row.kind }));
  }
  svg.replaceChildren(...parts);
}

function problems(entries) {
  for (const entry of entries) {
    const time = new Date(entry['time-ms']).toISOString().slice(11, 23);
    $('problems').prepend(element('li', `${time} ${entry.node} ${entry.level} ${entry.message}`, 'bad'));
  }
  while ($('problems').children.length > MOST_PROBLEMS) $('problems').lastChild.remove();
}

$('filter').addEventListener('input', () => {
  for (const made of $('history').children) made.hidden = !fits(made);
});

function traffic(now) {
  const { total, answered, failed, 'median-ms': median, 'longest-ms': longest } = now;
  $('traffic').textContent =
    `${total} requests; of the last ${answered + failed}: ${answered} answered, ${failed} not, median ${median} ms, at most ${longest} ms`;
}

const events = new EventSource('events');
events.addEventListener('reset', () => {
  rows.splice(0);
  $('history').replaceChildren();
  $('problems').replaceChildren();
  draw();
});
events.addEventListener('look', (event) => show(JSON.parse(event.data)));
events.addEventListener('history', (event) => add(JSON.parse(event.data)));
events.addEventListener('traffic', (event) => traffic(JSON.parse(event.data)));
events.addEventListener('problems', (event) => problems(JSON.parse(event.data)));
events.addEventListener('error', () => say('The connection is lost; it is tried again', true));
events.addEventListener('open', () => say('Live'));
