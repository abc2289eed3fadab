import assert from 'node:assert/strict';
import net from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { OapConnectionError, Session } from '../index.mjs';
import { once } from 'node:events';
import { OBJ, serve } from './support.mjs';

const MIB = 1_048_576;

/** Takes one stream: its name, its bytes and its status. */
async function takeStream(connection) {
  const stream = { name: undefined, bodies: [], status: undefined };
  for await (const frame of connection.frames()) {
    if (frame.kind === 'START') {
      stream.name = frame.stream;
    } else if (frame.kind === 'DATA') {
      stream.bodies.push(Buffer.from(frame.body));
    } else if (frame.kind === 'END') {
      stream.status = frame.status;
      break;
    }
  }
  return { ...stream, bytes: Buffer.concat(stream.bodies) };
}

const random = (size) =>
  Buffer.from(Array.from({ length: 4_096 }, () => Math.random() * 256))
    .toString('latin1')
    .repeat(Math.ceil(size / 4_096))
    .slice(0, size);
const bytesOf = (size) => Buffer.from(random(size), 'latin1');

test(
  'a stream much larger than the window arrives whole, and an answer comes back on the same connection',
  { timeout: 30_000 },
  async (t) => {
    const { dial } = await serve(t, async (connection) => {
      const { name, bytes } = await takeStream(connection);
      await connection.sendStream(`re: ${name}`, [bytes], { chunkSize: 10_000 });
    });
    const connection = dial();
    const bytes = bytesOf(5 * MIB + 7);
    await connection.sendStream('there', Readable.from([bytes.subarray(0, MIB), bytes.subarray(MIB)]), {
      chunkSize: 20_000,
    });
    const answer = await takeStream(connection);
    assert.deepEqual([answer.name, answer.status, answer.bytes.equals(bytes)], ['re: there', 0, true]);
    assert.ok(answer.bodies.every((body) => body.length <= 10_000));
    await connection.close();
  },
);

test('a batch at a time, the loop goes on where another has left', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, (connection) =>
    connection.sendStream('s', Array(40).fill(Buffer.from('abc'))),
  );
  const connection = dial();
  const kinds = [];
  for await (const frame of connection.frames()) {
    kinds.push(frame.kind);
    if (kinds.length === 5) {
      break;
    }
  }
  for await (const frames of connection) {
    kinds.push(...[...frames].map((frame) => frame.kind));
  }
  assert.deepEqual(kinds, ['START', ...Array(40).fill('DATA'), 'END']);
});

test('a sender is held at the window until frames are taken', { timeout: 30_000 }, async (t) => {
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  const { dial } = await serve(
    t,
    async (connection) => {
      await gate;
      await takeStream(connection);
    },
    { config: { ackWindowFrames: 4 } },
  );
  const connection = dial();
  const sending = connection.sendStream('s', Array(50).fill(Buffer.from('x')));
  await connection.ready();
  await pause(100);
  assert.deepEqual([connection.outbound.inFlight, connection.outbound.credit], [4, 0]);
  go();
  await sending;
  assert.equal(connection.outbound.lastSeq, 50n);
});

test(
  'both sides send many windows to each other at once, each taking the other’s',
  { timeout: 60_000 },
  async (t) => {
    const there = bytesOf(8 * MIB);
    const back = bytesOf(6 * MIB);
    let got;
    const config = { ackWindowFrames: 2 };
    const both = async (connection, bytes) => {
      const [taken] = await Promise.all([takeStream(connection), connection.sendStream('both', [bytes])]);
      return taken.bytes;
    };
    const { dial } = await serve(t, async (connection) => (got = await both(connection, back)), { config });
    const connection = dial({ config });
    const taken = await both(connection, there);
    assert.ok(taken.equals(back));
    await connection.close();
    assert.ok(got.equals(there));
  },
);

test(
  'acknowledgements come in while more than the queue holds waits to be taken',
  { timeout: 60_000 },
  async (t) => {
    const size = 12 * MIB;
    const { dial } = await serve(t, async (connection) => {
      const flood = connection.sendStream('flood', [Buffer.alloc(size)], { chunkSize: MIB });
      await takeStream(connection);
      await flood;
    });
    const connection = dial();
    await connection.sendStream('up', [Buffer.alloc(3 * size)]);
    assert.equal((await takeStream(connection)).bytes.length, size);
  },
);

test('a slow taker is read slowly: what waits is bounded', { timeout: 30_000 }, async (t) => {
  let sent = 0;
  const { dial } = await serve(
    t,
    (connection) =>
      connection.sendStream(
        's',
        (async function* () {
          for (; sent < 512; sent += 1) {
            yield Buffer.alloc(65_536);
          }
        })(),
      ),
    {},
  );
  const connection = dial({ config: { ackWindowFrames: 1_024 } });
  await connection.ready();
  await pause(300);
  assert.ok(sent < 512, 'all was sent to one who takes nothing');
  assert.equal((await takeStream(connection)).bytes.length, 512 * 65_536);
});

test('an aborted stream ends with status 1 and the connection stays good', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, async (connection) => {
    const first = await takeStream(connection);
    const second = await takeStream(connection);
    await connection.sendStream('statuses', [Buffer.from([first.status, second.status])]);
  });
  const connection = dial();
  const abort = new AbortController();
  let closed = false;
  const source = (async function* () {
    try {
      yield Buffer.from('some');
      abort.abort();
      yield Buffer.from('more');
    } finally {
      closed = true;
    }
  })();
  await assert.rejects(connection.sendStream('s', source, { signal: abort.signal }), { name: 'AbortError' });
  assert.ok(closed);
  await connection.sendStream('t', []);
  assert.deepEqual([...(await takeStream(connection)).bytes], [1, 0]);
});

test(
  'an abort wakes who waits for credit, for the source and for the handshake',
  { timeout: 30_000 },
  async (t) => {
    const { dial } = await serve(t, () => new Promise(() => {}));
    const aborted = (send) => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 30);
      return assert.rejects(send(abort.signal), { name: 'AbortError' });
    };
    const connection = dial();
    await aborted((signal) =>
      connection.sendStream('credit', Array(2_000).fill(Buffer.from('x')), { signal }),
    );
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
    await aborted((signal) => dial().sendStream('source', never, { signal }));
    const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => silent.close());
    await aborted((signal) => dial({ port: silent.address().port }).ready(signal));
    await assert.rejects(connection.sendStream('late', [], { signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
  },
);

test('the signal of connect ends everything', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, () => new Promise(() => {}));
  const abort = new AbortController();
  const connection = dial({ signal: abort.signal });
  await connection.ready();
  const taking = takeStream(connection);
  abort.abort();
  const aborted = (error) => error.reason === 'aborted' && error.cause === abort.signal.reason;
  await assert.rejects(taking, aborted);
  await assert.rejects(connection.sendStream('s', []), aborted);
});

test('what the source throws ends the stream with status 1 and is thrown', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, async (connection) => {
    const { status } = await takeStream(connection);
    await connection.sendStream('status', [Buffer.from([status])]);
  });
  const connection = dial();
  const source = (async function* () {
    yield Buffer.from('a');
    throw new Error('the disk is gone');
  })();
  await assert.rejects(connection.sendStream('s', source), /the disk is gone/);
  assert.deepEqual([...(await takeStream(connection)).bytes], [1]);
  await assert.rejects(connection.sendStream('s', ['text']), TypeError);
  assert.throws(() => connection.sendStream('s', [], { chunkSize: 0 }), RangeError);
  assert.throws(() => connection.sendStream('s', Buffer.from('bytes')), TypeError);
});

test('a refusal is thrown and leaves the connection good', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, async (connection) => {
    const statuses = [];
    for await (const frame of connection.frames()) {
      if (frame.kind === 'END') {
        statuses.push(frame.status);
      }
      if (statuses.length === 2) {
        await connection.sendStream('statuses', [Buffer.from(statuses)]);
      }
    }
  });
  const connection = dial();
  await assert.rejects(connection.sendStream('', []), { name: 'OapRejectError', reason: 'header_malformed' });
  await assert.rejects(connection.sendStream('objects/x', [Buffer.from('a')]), { reason: 'missing_obj' });
  await connection.sendStream('objects/x', [Buffer.from('a')], { obj: OBJ });
  await assert.rejects(connection.data(Buffer.from('a')), { name: 'OapRejectError' });
  assert.deepEqual([...(await takeStream(connection)).bytes], [1, 0]);
});

test('streams asked for at once go one after the other', { timeout: 30_000 }, async (t) => {
  const names = [];
  const { dial } = await serve(t, async (connection) => {
    for await (const frame of connection.frames()) {
      names.push(frame.kind === 'START' ? frame.stream : frame.kind);
    }
  });
  const connection = dial();
  const abort = new AbortController();
  const next = () => new Promise(() => setTimeout(() => abort.abort(), 5));
  const never = { [Symbol.asyncIterator]: () => ({ next }) };
  const sending = [
    connection.sendStream('a', [Buffer.from('x')]),
    connection.sendStream('b', never, { signal: abort.signal }),
    connection.sendStream('c', [], { signal: AbortSignal.abort() }),
    connection.sendStream('d', [Buffer.alloc(100_000)]),
  ];
  const settled = (await Promise.allSettled(sending)).map(({ status }) => status);
  assert.deepEqual(settled, ['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  await connection.close();
  assert.deepEqual(names, ['a', 'DATA', 'END', 'b', 'END', 'd', 'DATA', 'DATA', 'END']);
});

test('START, DATA and END by themselves', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, async (connection) => {
    const { name, bytes, status } = await takeStream(connection);
    await connection.sendStream('got', [Buffer.from(`${name} ${bytes.length} ${status}`)]);
  });
  const connection = dial();
  await connection.start('parts');
  await connection.data(Buffer.from('abc'));
  await connection.data(Buffer.alloc(20_000));
  await connection.end(7);
  await connection.delivered();
  assert.equal(connection.outbound.inFlight, 0);
  assert.equal(`${(await takeStream(connection)).bytes}`, 'parts 20003 7');
});

test('a source is closed however its send ends', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, (connection) => connection.ready());
  const connection = dial();
  await connection.ready();
  const destroyed = async (readable) => readable.destroyed || once(readable, 'close');
  const endless = new Readable({ read() {} });
  const sending = connection.sendStream('endless', endless);
  connection.abort();
  await assert.rejects(sending, { reason: 'aborted' });
  await destroyed(endless);
  const late = new Readable({ read() {} });
  await assert.rejects(connection.sendStream('late', late), OapConnectionError);
  late.emit('error', new Error('nobody listens'));
  await destroyed(late);
});

test('frames are no larger than the peer takes', { timeout: 30_000 }, async (t) => {
  let largest = 0;
  const { dial } = await serve(
    t,
    async (connection) => {
      const { bodies } = await takeStream(connection);
      largest = Math.max(...bodies.map((body) => body.length));
    },
    { config: { maxFrame: 4_096 } },
  );
  const connection = dial();
  await connection.sendStream('s', [Buffer.alloc(100_000)], { obj: OBJ });
  await connection.close();
  assert.ok(largest > 3_900 && largest < 4_096, `${largest}`);
});

test(
  'an aborted read loses nothing, and leaving a loop takes what it gave',
  { timeout: 30_000 },
  async (t) => {
    let delivered = false;
    const { dial } = await serve(t, async (connection) => {
      await connection.ready();
      await pause(50);
      await connection.start('s');
      await connection.data(Buffer.from('a'));
      await connection.data(Buffer.from('b'));
      await connection.delivered();
      delivered = true;
      await connection.end();
      await connection.ended();
    });
    const connection = dial();
    await assert.rejects(connection.read(AbortSignal.timeout(5)), { name: 'TimeoutError' });
    const got = [];
    for await (const frame of connection.frames()) {
      got.push(frame.kind);
      if (got.length === 3) {
        break;
      }
    }
    for (let waited = 0; !delivered && waited < 5_000; waited += 5) {
      await pause(5);
    }
    assert.deepEqual([got, delivered], [['START', 'DATA', 'DATA'], true]);
    assert.equal((await connection.read()).kind, 'END');
  },
);

test('frames are right after later chunks, too', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, async (connection) => {
    await connection.sendStream(
      's',
      Array.from({ length: 500 }, (_, i) => Buffer.from(`${i}`)),
    );
    await connection.ended();
  });
  const connection = dial();
  const kept = [];
  for await (const frames of connection) {
    kept.push(...frames);
    if (kept.at(-1).kind === 'END') {
      break;
    }
  }
  assert.deepEqual(
    kept.slice(1, -1).map((frame) => `${frame.body}`),
    Array.from({ length: 500 }, (_, i) => `${i}`),
  );
});

test('small bodies go out in batches: as many as there is credit for, in one write', async (t) => {
  const seen = [];
  const { dial } = await serve(t, async (connection) => {
    for await (const frame of connection.frames()) {
      if (frame.kind === 'DATA') {
        seen.push([frame.seqNumber, frame.len]);
      }
    }
  });
  const connection = dial();
  await connection.ready();
  const write = t.mock.method(connection.socket, 'write');
  await connection.sendStream('s', [Buffer.alloc(100), Buffer.alloc(15)], { chunkSize: 10 });
  assert.equal(write.mock.callCount(), 1);
  await connection.close();
  assert.deepEqual(seen, [...Array.from({ length: 11 }, (_, i) => [i + 1, 10]), [12, 5]]);
});

test('a peer of bare node:net and a Session understands', { timeout: 30_000 }, async (t) => {
  const { port } = await serve(t, (connection) => connection.sendStream('hi', [Buffer.from('abc')]));
  const session = new Session();
  const socket = net.connect(port, '127.0.0.1');
  socket.write(session.send(session.hello()));
  const kinds = [];
  for await (const chunk of socket) {
    kinds.push(...[...session.recv(chunk)].map((frame) => frame.kind));
    if (kinds.at(-1) === 'END') {
      break;
    }
  }
  assert.deepEqual(kinds, ['HELLO', 'START', 'DATA', 'END']);
});

test('errors are fresh, and their cause is the first reason', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, () => new Promise(() => {}));
  const refused = dial({ port: 1 });
  const first = await refused.ready().catch((error) => error);
  const second = await refused.sendStream('s', []).catch((error) => error);
  assert.ok(first !== second && first.cause === second.cause);
  assert.deepEqual(
    [first.reason, first.cause.code, refused.endReason],
    ['refused', 'ECONNREFUSED', 'refused'],
  );
  assert.throws(() => dial({ sendBuffer: 0 }), { name: 'OapConfigError', field: 'sendBuffer' });
  assert.throws(() => dial({ idleTimeout: '5' }), TypeError);
});

test('a body that is taken away before it is written ends the connection', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, (connection) => connection.ended());
  const connection = dial();
  await connection.start('s');
  const body = new Uint8Array(20_000);
  const queued = connection.data(body);
  structuredClone(body.buffer, { transfer: [body.buffer] });
  await queued;
  const error = await connection.flushed().catch((error) => error);
  assert.deepEqual([error.reason, error.cause.name], ['aborted', 'TypeError']);
  assert.match(error.cause.message, /detached or resized before it was written/);
});

test('bodies over shared memory, and none over memory that is detached', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, async (connection) => {
    const { bytes } = await takeStream(connection);
    await connection.sendStream('back', [bytes]);
  });
  const connection = dial();
  const shared = (size) => new Uint8Array(new SharedArrayBuffer(size)).fill(7);
  await connection.start('s');
  await connection.data(shared(5));
  await connection.data(shared(20_000));
  await connection.end();
  assert.deepEqual((await takeStream(connection)).bytes, Buffer.alloc(20_005, 7));
  await connection.sendStream('t', [shared(5), shared(20_000)]);
  const gone = new Uint8Array(8);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  assert.throws(() => connection.data(gone), TypeError);
  await assert.rejects(connection.sendStream('u', [gone]), TypeError);
});
