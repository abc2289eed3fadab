// The page. What bytes mean is known to the WebAssembly alone; here it is asked for and shown.
'use strict';

const $ = (id) => document.getElementById(id);
const SPEC = '../OAP-1.html';
/** Steps that are asked for at once, and the height of a row; inspector.css has it too. */
const PAGE = 100;
const ROW = 24;
/** A browser has no element that is higher: beyond, rows stand closer than they scroll. */
const HIGHEST = 8_000_000;
const BYTES_AT_ONCE = 2048;
const PARTS_AT_ONCE = 200;
const CURVE_POINTS = 400;
/** Text that a text field takes without a pause. */
const LONGEST_TEXT = 100_000;

// --- the engine -----------------------------------------------------------------------------------------------------

const STOPPED = 'stopped';
let worker;
let waiting = new Map();
let calls = 0;

/** Starts the engine; gives its samples. */
function start() {
  worker?.terminate();
  for (const { reject } of waiting.values()) {
    reject(new Error(STOPPED));
  }
  waiting = new Map();
  // Of a file's page no worker can be loaded by its address.
  const source = URL.createObjectURL(new Blob([ENGINE.worker], { type: 'text/javascript' }));
  worker = new Worker(source);
  URL.revokeObjectURL(source);
  worker.onmessage = ({ data: { id, answer, error } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    error === undefined ? resolve(answer) : reject(new Error(error));
  };
  return ask('load', Uint8Array.from(atob(ENGINE.wasm), (digit) => digit.charCodeAt(0)));
}

function ask(call, ...given) {
  const id = calls++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, call, given });
  });
}

// --- what is given --------------------------------------------------------------------------------------------------

const SIDES = ['first', 'second'];
/** Of each direction what does not stand in its text field: a file, or a long text. */
const held = [null, null];

function hold(side, given) {
  held[side] = given;
  const [field, file] = [$(SIDES[side]), $(`${SIDES[side]}-file`)];
  field.hidden = given !== null;
  file.hidden = given === null;
  file.textContent = given ? `${given.name}, ${grouped(given.bytes.length)} bytes` : '';
}

function clear() {
  SIDES.forEach((name, side) => {
    $(name).value = '';
    hold(side, null);
  });
  $('result').hidden = true;
  say('');
}

/** Files in the order of their names: the first is one direction, a second the other. */
async function take(files, side = 0) {
  const taken = [...files].sort((a, b) => a.name.localeCompare(b.name)).slice(0, 2 - side);
  if (taken.length === 0) {
    return;
  }
  if (taken.length > 1 || side === 0) {
    hold(1, null);
    $('second').value = '';
  }
  for (const [i, file] of taken.entries()) {
    hold(side + i, { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()), hex: false });
  }
  await inspect();
}

function given(side) {
  return held[side] ?? { bytes: new TextEncoder().encode($(SIDES[side]).value), hex: true };
}

function say(text, bad = false) {
  $('status').textContent = text;
  $('status').classList.toggle('bad', bad);
}

// --- what is found --------------------------------------------------------------------------------------------------

/** The connection that is shown, and its place. */
let shown = null;
let place = 0;
let pages = new Map();
let found = null;

async function inspect() {
  const [first, second] = [given(0), given(1)];
  if (first.bytes.length + second.bytes.length === 0) {
    return clear();
  }
  const switches = ['relaxed', 'wrap', 'no-obj'].map((name) => $(name).checked);
  const how = [first.hex, second.hex, ...switches].reduce((bits, is, bit) => bits | (is << bit), 0);
  say('looking …');
  const began = performance.now();
  let answer;
  try {
    await start();
    answer = await ask('inspect', first.bytes, second.bytes, how);
  } catch (error) {
    $('result').hidden = true;
    return failed(error);
  }
  found = answer;
  summarize(performance.now() - began);
  pick(answer.connections);
}

/** What was asked for may have been stopped since. */
function failed({ message }) {
  if (message !== STOPPED) {
    say(`The inspector failed on these bytes, please report it: ${message}`, true);
  }
}

function summarize(ms) {
  const { connections, error, left_out: leftOut } = found;
  const frames = connections.reduce((sum, { steps }) => sum + steps, 0);
  const rejects = connections.reduce((sum, { rejects }) => sum + rejects.length, 0);
  const words = [plural(frames, 'frame'), rejects ? plural(rejects, 'reject') : 'nothing rejected'];
  if (connections.length > 1) {
    words.unshift(plural(connections.length, 'connection'));
  }
  if (leftOut > 0) {
    words.push(`${plural(leftOut, 'connection')} not shown`);
  }
  const told = `${words.join(', ')}; ${Math.round(ms)} ms`;
  say(error ? `${error}${frames ? ` (before that ${told})` : ''}` : told, Boolean(error));
}

function pick(connections) {
  const options = connections.map(({ names, steps, rejects }, i) => {
    const words = `${names[0] || 'one direction'}, ${plural(steps, 'frame')}${rejects.length ? ', rejected' : ''}`;
    return new Option(words, i);
  });
  $('connection').replaceChildren(...options);
  $('picker').hidden = connections.length < 2;
  $('result').hidden = connections.length === 0;
  if (connections.length > 0) {
    show(0).catch(failed);
  }
}

async function show(which) {
  shown = found.connections[which];
  pages = new Map();
  $('notes').replaceChildren(...shown.notes.map((note) => element('li', {}, note)));
  $('count').textContent = grouped(shown.steps);
  $('slider').max = Math.max(shown.steps - 1, 0);
  $('to-reject').hidden = shown.rejects.length === 0;
  $('windows').hidden = !found.both;
  $('curve').toggleAttribute('hidden', !found.both);
  $('stepper').hidden = $('detail').hidden = shown.steps === 0;
  $('rows').style.height = `${shown.steps * ROW * scale()}px`;
  // The list has its height now; its end has to be reached too.
  $('rows').style.height = `${shown.steps * ROW * scale() + $('frames').clientHeight * (1 - scale())}px`;
  $('frames').scrollTop = 0;
  drawn = null;
  if (found.both) {
    drawCurve(await ask('curve', shown.number, CURVE_POINTS));
  }
  await go(shown.rejects[0]?.step ?? 0);
}

// --- steps ----------------------------------------------------------------------------------------------------------

async function go(to) {
  if (!shown || shown.steps === 0) {
    return;
  }
  place = Math.max(0, Math.min(to, shown.steps - 1));
  $('slider').value = place;
  $('place').textContent = `${grouped(place + 1)} of ${grouped(shown.steps)}`;
  reveal();
  drawRows();
  moveCursor();
  const [connection, wanted] = [shown, place];
  const step = await ask('step', shown.number, place).catch(failed);
  if (step && connection === shown && wanted === place) {
    tell(step);
  }
}

/** Pixels that are scrolled for one that rows move. */
const scale = () => Math.min(1, HIGHEST / (shown.steps * ROW));

function reveal() {
  const list = $('frames');
  const top = place * ROW * scale();
  const lowest = top - (list.clientHeight - ROW) * scale();
  list.scrollTop = Math.max(lowest, Math.min(list.scrollTop, top));
}

/** The rows that can be seen; those of a page that is not here yet come when it is. */
function drawRows() {
  const list = $('frames');
  const start = Math.max(0, Math.floor(list.scrollTop / (ROW * scale())) - 4);
  const count = Math.ceil(list.clientHeight / ROW) + 8;
  const rows = [];
  for (let step = start; step < Math.min(start + count, shown.steps); step += 1) {
    const line = pageOf(step)?.[step % PAGE];
    const top = list.scrollTop + step * ROW - list.scrollTop / scale();
    rows.push(row(step, line, scale() === 1 ? step * ROW : top));
  }
  $('rows').replaceChildren(...rows);
  list.setAttribute('aria-activedescendant', `step-${place}`);
}

function pageOf(step) {
  const page = Math.floor(step / PAGE);
  if (!pages.has(page)) {
    pages.set(page, null);
    const connection = shown;
    ask('steps', shown.number, page * PAGE, PAGE).then((lines) => {
      if (connection === shown) {
        pages.set(page, lines);
        drawRows();
      }
    }, failed);
  }
  return pages.get(page);
}

function row(step, line, top) {
  const it = element('div', { id: `step-${step}`, role: 'option', className: 'row' });
  it.style.top = `${top}px`;
  it.dataset.step = step;
  it.setAttribute('aria-selected', step === place);
  if (line) {
    const words = line.kind ?? 'no whole frame';
    const arrow = found.both ? (line.side === 0 ? '→' : '←') : '';
    it.append(
      element('span', { className: `arrow side-${line.side}` }, arrow),
      element('b', {}, words),
      element('span', { className: 'says' }, line.says),
      element('span', { className: 'label' }, line.label ?? ''),
    );
  }
  return it;
}

// --- one step -------------------------------------------------------------------------------------------------------

function tell(step) {
  const from = shown.names[step.side];
  const where = `${grouped(step.length)} bytes at byte ${grouped(step.at)}${from ? ` of ${from}` : ''}`;
  $('title').textContent = `${step.kind ?? 'No whole frame'}, ${where}`;
  tellReject(step);
  dump(step, BYTES_AT_ONCE);
  listParts(step, PARTS_AT_ONCE);
  if (found.both) {
    drawWindows(step);
  }
}

function tellReject({ reject, rules }) {
  const it = $('reject');
  it.hidden = !reject;
  if (reject) {
    const limit = reject.limit === null ? '' : ` (limit ${grouped(reject.limit)})`;
    it.replaceChildren(
      element('b', {}, reject.label),
      `: ${reject.field} ${reject.detail}${limit}; known at byte ${grouped(reject.at)}; rule `,
      link(reject.rule, rules),
    );
  }
}

/** The number of a rule, or several with commas, each linked to its heading in the spec. */
function link(numbers, rules) {
  const links = numbers.split(', ').map((number) => {
    const { title, anchor } = rules[number] ?? {};
    return element('a', { href: `${SPEC}#${anchor ?? ''}`, title: title ?? '' }, number);
  });
  const all = element('span', {});
  links.forEach((one, i) => all.append(i ? ', ' : '', one));
  return all;
}

const WIDTHS = [[520, 16], [0, 8]];

/** Bytes as digits and as text, each with the part that it belongs to. */
function dump(step, most) {
  const width = WIDTHS.find(([least]) => $('detail').clientWidth >= least)[1];
  const { wire, parts, reject } = step;
  const end = Math.min(wire.length, most);
  const rejectedAt = reject ? reject.at - reject.frame_at - 1 : -1;
  const lines = [];
  let part = 0;
  for (let start = 0; start < end; start += width) {
    const [digits, characters] = [element('span', {}), element('span', { className: 'text' })];
    for (let at = start; at < start + width; at += 1) {
      if (at >= end) {
        digits.append('   ');
        continue;
      }
      while (parts[part] && parts[part].end <= at) {
        part += 1;
      }
      const classes = [`part-${part % 4}`, at === rejectedAt ? 'rejected' : ''].join(' ').trim();
      const data = { className: classes };
      digits.append(marked(wire[at].toString(16).padStart(2, '0'), data, part), ' ');
      const printable = wire[at] > 31 && wire[at] < 127;
      characters.append(marked(printable ? String.fromCharCode(wire[at]) : '·', data, part));
    }
    const offset = element('span', { className: 'offset' }, String(step.at + start).padStart(8));
    lines.push(offset, '  ', digits, ' ', characters, '\n');
  }
  $('dump').replaceChildren(...lines);
  moreOf('more-bytes', wire.length - end, 'byte', () => dump(step, most + BYTES_AT_ONCE * 4));
}

function marked(text, data, part) {
  const it = element('i', data, text);
  it.dataset.part = part;
  return it;
}

function listParts(step, most) {
  const rows = step.parts.slice(0, most).map((part, number) => {
    const row = element('tr', {});
    row.dataset.part = number;
    const at = step.at + part.start;
    const last = step.at + part.end - 1;
    row.append(
      element('td', { className: `part-${number % 4}` }, last > at ? `${at}–${last}` : `${at}`),
      element('td', {}, part.field),
      element('td', { className: 'value' }, part.value),
      element('td', {}),
    );
    row.lastChild.append(link(part.rule, step.rules));
    return row;
  });
  $('parts').tBodies[0].replaceChildren(...rows);
  const left = step.parts.length - rows.length;
  moreOf('more-parts', left, 'part', () => listParts(step, most + PARTS_AT_ONCE * 4));
  if (left === 0 && step.parts_left > 0) {
    $('parts').tBodies[0].append(element('tr', {}, `and ${plural(step.parts_left, 'part')} more`));
  }
}

function moreOf(id, left, word, more) {
  $(id).hidden = left <= 0;
  $(id).textContent = `${plural(left, word)} more …`;
  $(id).onclick = more;
}

/** What is pointed at in the table shows in the bytes, and the other way round. */
function highlight(target) {
  for (const it of document.querySelectorAll('.pointed')) {
    it.classList.remove('pointed');
  }
  const part = target?.closest?.('[data-part]')?.dataset.part;
  if (part !== undefined) {
    for (const it of $('detail').querySelectorAll(`[data-part="${part}"]`)) {
      it.classList.add('pointed');
    }
  }
}

// --- both windows ---------------------------------------------------------------------------------------------------

/** Up to here each place of a window is a box of its own. */
const MOST_BOXES = 64;
const SVG = 'http://www.w3.org/2000/svg';

function drawWindows(step) {
  const sides = step.windows.map((window, side) => {
    const it = element('figure', { className: `window side-${side}` });
    const { credit, in_flight: inFlight, last_seq: lastSeq } = window;
    const seq = inFlight > 0 ? `, the last is DATA ${lastSeq}` : '';
    const words = window.window === 0 ? 'no HELLO of the other side yet' : `${inFlight} in flight, credit ${credit} of ${window.window}${seq}`;
    it.append(element('figcaption', {}, element('b', {}, shown.names[side]), ` ${words}`), boxes(window));
    return it;
  });
  $('windows').replaceChildren(...sides);
}

function boxes({ window, in_flight: inFlight, last_seq: lastSeq }) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 640 20`);
  svg.setAttribute('preserveAspectRatio', 'none');
  const each = window <= MOST_BOXES;
  const count = each ? window : window > 0 ? 2 : 0;
  const sizes = each ? Array(count).fill(640 / window) : [(640 * inFlight) / window, 640 - (640 * inFlight) / window];
  let x = 0;
  sizes.forEach((size, i) => {
    const full = each ? i < inFlight : i === 0;
    const gap = each ? Math.min(2, size / 4) : 0;
    const box = shape('rect', { x, y: 1, width: Math.max(size - gap, 0), height: 18, class: full ? 'flying' : 'free' });
    const seq = BigInt(lastSeq) - BigInt(Math.max(inFlight - 1 - i, 0));
    box.append(shape('title', {}, full && each ? `DATA ${seq} is in flight` : full ? `${inFlight} in flight` : 'credit'));
    svg.append(box);
    x += size;
  });
  return svg;
}

/** The curve that is drawn: how many steps a point has, and the line that shows the place. */
let drawn = null;

function drawCurve({ steps_a_point: each, sides, windows }) {
  const svg = $('curve');
  const points = sides[0].length;
  const highest = Math.max(...windows, 1);
  svg.setAttribute('viewBox', `0 0 ${points} 100`);
  const y = (credit) => 96 - (92 * credit) / highest;
  const bands = sides.map((side, i) => {
    const tops = side.map(([, most], x) => `${x},${y(most)} ${x + 1},${y(most)}`);
    const bottoms = side.map(([least], x) => `${x + 1},${y(least) + 1} ${x},${y(least) + 1}`).reverse();
    return shape('polygon', { points: [...tops, ...bottoms].join(' '), class: `band side-${i}` });
  });
  drawn = { each, points, cursor: shape('line', { y1: 0, y2: 100, class: 'cursor' }) };
  svg.replaceChildren(...bands, drawn.cursor);
}

function moveCursor() {
  if (drawn) {
    const x = place / drawn.each + 0.5 / drawn.each;
    drawn.cursor.setAttribute('x1', x);
    drawn.cursor.setAttribute('x2', x);
  }
}

// --- small things ---------------------------------------------------------------------------------------------------

/** All that peers can write goes in as text, never as HTML. */
function element(name, properties, ...children) {
  const it = Object.assign(document.createElement(name), properties);
  it.append(...children);
  return it;
}

function shape(name, attributes, ...children) {
  const it = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    it.setAttribute(key, value);
  }
  it.append(...children);
  return it;
}

const grouped = (number) => number.toLocaleString('en');
const plural = (count, word) => `${grouped(count)} ${word}${count === 1 ? '' : 's'}`;

// --- the user -------------------------------------------------------------------------------------------------------

$('input').onsubmit = (event) => {
  event.preventDefault();
  inspect();
};
$('clear').onclick = () => {
  start().catch(failed);
  clear();
};
$('files').onchange = ({ target }) => take(target.files).finally(() => (target.value = ''));
for (const name of ['relaxed', 'wrap', 'no-obj']) {
  $(name).onchange = inspect;
}
SIDES.forEach((name, side) => {
  $(name).onpaste = (event) => {
    const text = event.clipboardData.getData('text');
    if (event.clipboardData.files.length > 0) {
      event.preventDefault();
      take(event.clipboardData.files, side);
    } else if (text.length > LONGEST_TEXT) {
      event.preventDefault();
      hold(side, { name: 'pasted hex', bytes: new TextEncoder().encode(text), hex: true });
      inspect();
    }
  };
  $(name).onkeydown = (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      inspect();
    }
  };
});

document.ondragover = (event) => {
  event.preventDefault();
  document.body.classList.add('dropping');
};
document.ondragleave = () => document.body.classList.remove('dropping');
document.ondrop = (event) => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  take(event.dataTransfer.files, event.target.id === 'second' ? 1 : 0);
};

$('connection').onchange = ({ target }) => show(Number(target.value)).catch(failed);
$('slider').oninput = ({ target }) => go(Number(target.value));
$('frames').onscroll = () => drawRows();
$('frames').onclick = ({ target }) => {
  const row = target.closest('.row');
  if (row) {
    go(Number(row.dataset.step));
  }
};
$('curve').onclick = (event) => {
  const { left, width } = $('curve').getBoundingClientRect();
  go(Math.floor(((event.clientX - left) / width) * drawn.points * drawn.each));
};

const moves = {
  first: () => 0,
  back: () => place - 1,
  on: () => place + 1,
  last: () => shown.steps - 1,
  reject: () => (shown.rejects.find(({ step }) => step > place) ?? shown.rejects[0]).step,
};
for (const button of document.querySelectorAll('[data-go]')) {
  button.onclick = () => go(moves[button.dataset.go]());
}
$('frames').onkeydown = (event) => {
  const screen = Math.floor($('frames').clientHeight / ROW) - 1;
  const steps = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1, PageDown: screen, PageUp: -screen };
  const to = { Home: 0, End: shown.steps - 1 }[event.key] ?? (event.key in steps ? place + steps[event.key] : null);
  if (to !== null) {
    event.preventDefault();
    go(to);
  }
};
$('detail').onpointerover = ({ target }) => highlight(target);
$('detail').onpointerleave = () => highlight(null);

start().then((samples) => {
  const buttons = samples.map(({ name, hex }) => {
    const button = element('button', { type: 'button' }, name);
    button.onclick = () => {
      clear();
      SIDES.forEach((side, i) => ($(side).value = hex[i]));
      inspect();
    };
    return button;
  });
  $('samples').append('try: ', ...buttons);
  document.body.dataset.ready = 'true';
}, (error) => say(`The inspector can't start: ${error.message}`, true));
