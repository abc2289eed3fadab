// Runs in a worker, so that the page answers whatever the bytes are. `engine.js` has this text and the WebAssembly.
let oap;

const text = new TextDecoder();

/** The answer of the last call. */
const bytes = () => new Uint8Array(oap.memory.buffer, oap.inspector_answer(), oap.inspector_answer_bytes());
const told = () => JSON.parse(text.decode(bytes()));

const calls = {
  async load(wasm) {
    oap = (await WebAssembly.instantiate(wasm, {})).instance.exports;
    const samples = [];
    for (let sample; oap.inspector_sample(samples.length), (sample = told()); ) {
      samples.push(sample);
    }
    return samples;
  },
  inspect(first, second, how) {
    const room = oap.inspector_room(first.length + second.length);
    const memory = new Uint8Array(oap.memory.buffer);
    memory.set(first, room);
    memory.set(second, room + first.length);
    oap.inspector_inspect(first.length, how);
    return told();
  },
  steps(connection, from, count) {
    oap.inspector_steps(connection, from, count);
    return told();
  },
  step(connection, number) {
    oap.inspector_step(connection, number);
    const step = told();
    oap.inspector_wire(connection, number);
    return { ...step, wire: bytes().slice() };
  },
  curve(connection, points) {
    oap.inspector_curve(connection, points);
    return told();
  },
};

onmessage = async ({ data: { id, call, given } }) => {
  try {
    postMessage({ id, answer: await calls[call](...given) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
};
