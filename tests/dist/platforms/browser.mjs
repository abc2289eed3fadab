// In a page: the decode vectors by oap-wasm, in the shapes of the suite, and the program of docs/wasm.md.

import { Decoder, OapRejectError } from './oap-wasm/index.js';

const FIELDS = {
  HELLO: ['version', 'max_frame', 'features', 'ack_window'],
  START: ['stream'],
  DATA: ['seq', 'obj', 'len', 'body'],
  ACK: ['up_to'],
  END: ['seq', 'status'],
  ERROR: ['code', 'reason'],
};
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));

function shown(value) {
  return value instanceof Uint8Array ? hex(value) : typeof value === 'bigint' ? `${value}` : value;
}

function envelopeOf(frame) {
  const fields = FIELDS[frame.kind].map((name) => [name, shown(frame[camel(name)])]);
  return { kind: frame.kind, ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)) };
}

function decode({ config, chunks, finish }) {
  const decoder = new Decoder(config);
  const frames = [];
  let [pushed, reject] = [0, null];
  const noted = (step) => {
    try {
      step();
    } catch (error) {
      if (!(error instanceof OapRejectError)) {
        throw error;
      }
      reject ??= { label: error.reason, at: pushed };
    }
  };
  for (const chunk of chunks.map(unhex)) {
    pushed += chunk.length;
    noted(() => {
      for (const frame of decoder.feed(chunk)) {
        frames.push(envelopeOf(frame));
      }
    });
  }
  if (finish) {
    noted(() => decoder.finish());
  }
  return { frames, reject };
}

async function result() {
  const requests = await (await fetch('requests.json')).json();
  const said = [];
  const log = console.log;
  console.log = (...given) => said.push(given.join(' '));
  await import('./example.mjs');
  console.log = log;
  return { answers: requests.map((request) => decode({ ...request, config: configOf(request.config) })), said };
}

const configOf = (config) =>
  Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      camel(name),
      name === 'features' ? BigInt(value) : name === 'max_frame' ? Number(value) : value,
    ]),
  );

const report = (body) => fetch('result', { method: 'POST', body: JSON.stringify(body) });
result().then(report, (error) => report({ error: `${error}\n${error.stack}` }));
