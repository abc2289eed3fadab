import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { OapRejectError, Session } from '../index.mjs';
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
  assert.deepEqual(kinds, ['HELLO', 'START', ...Array(40).fill('DATA'), 'END']);
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
  assert.deepEqual([connection.session.outbound.inFlight, connection.session.credit], [4, 0]);
  go();
  await sending;
  assert.equal(connection.session.outbound.lastSeq, 50n);
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
    await aborted((signal) => connection.sendStream('credit', Array(100).fill(Buffer.from('x')), { signal }));
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
  await assert.rejects(taking, { name: 'AbortError' });
  await assert.rejects(connection.sendStream('s', []), { name: 'AbortError' });
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
  await assert.rejects(connection.sendStream('s', [], { chunkSize: 0 }), RangeError);
});

test('a refusal is thrown and leaves the connection good', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, (connection) => takeStream(connection));
  const connection = dial();
  await assert.rejects(connection.sendStream('', []), { name: 'OapRejectError', reason: 'header_malformed' });
  await assert.rejects(connection.sendStream('objects/x', [Buffer.from('a')]), { reason: 'missing_obj' });
  await connection.sendStream('objects/x', [Buffer.from('a')], { obj: OBJ });
  assert.throws(() => connection.send({ kind: 'DATA', seq: 2 }), { reason: 'credit_violation' });
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
  'what a peer breaks is answered with ERROR, thrown behind the good frames, and told to the server',
  { timeout: 30_000 },
  async (t) => {
    const seen = [];
    const { server, dial } = await serve(t, async (connection) => {
      for await (const frame of connection.frames()) {
        seen.push(frame.kind);
      }
    });
    const told = once(server, 'clientError');
    const connection = dial();
    await connection.ready();
    connection.socket.write(Buffer.from('0000000899', 'hex'));
    const got = [];
    for await (const frame of connection.frames()) {
      got.push(frame.toObject());
    }
    assert.deepEqual(got.at(-1), { kind: 'ERROR', code: 4, reason: 'unknown_envelope' });
    const [error, failed] = await told;
    assert.ok(error instanceof OapRejectError && error === failed.failure);
    assert.equal(error.reason, 'unknown_envelope');
    assert.deepEqual(seen, ['HELLO']);
  },
);

test('an end inside a frame is truncated', { timeout: 30_000 }, async (t) => {
  const { server, dial } = await serve(t, async (connection) => {
    for await (const _ of connection.frames());
  });
  const told = once(server, 'clientError');
  const connection = dial();
  await connection.ready();
  connection.socket.end(Buffer.from('000000', 'hex'));
  assert.equal((await told)[0].reason, 'truncated');
});

test('a peer that goes away fails loops and senders', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, async (connection) => {
    await connection.ready();
    connection.socket.resetAndDestroy();
  });
  const connection = dial();
  await assert.rejects(
    connection.sendStream('s', Array(1_000).fill(Buffer.alloc(65_536))),
    (error) => error instanceof Error,
  );
  await assert.rejects(dial({ port: 1 }).ready(), { code: 'ECONNREFUSED' });
});

test(
  'an ERROR of the peer is a frame, and ends what waits for its credit',
  { timeout: 30_000 },
  async (t) => {
    const { dial } = await serve(t, async (connection) => {
      await connection.ready();
      connection.send({ kind: 'ERROR', code: 99, reason: 'enough' });
    });
    const connection = dial();
    const sending = connection.sendStream('s', Array(100).fill(Buffer.from('x')));
    await assert.rejects(sending, (error) => error instanceof Error);
    const kinds = [];
    for await (const frame of connection.frames()) {
      kinds.push(frame.kind);
    }
    assert.deepEqual(kinds, ['HELLO', 'ERROR']);
  },
);

test('a host that acknowledges by itself is not in the way of the loop', { timeout: 30_000 }, async (t) => {
  const { dial } = await serve(t, (connection) =>
    connection.sendStream('s', Array(100).fill(Buffer.from('x'))),
  );
  const connection = dial();
  let count = 0;
  for await (const frame of connection.frames()) {
    if (frame.kind === 'DATA') {
      count += 1;
      connection.send({ kind: 'ACK', upTo: frame.seq });
    }
  }
  assert.equal(count, 100);
});

test('a peer of bare node:net and a Session understands', { timeout: 30_000 }, async (t) => {
  const { server } = await serve(t, (connection) => connection.sendStream('hi', [Buffer.from('abc')]));
  const session = new Session();
  const socket = net.connect(server.address().port, '127.0.0.1');
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
  // START, 10 DATA, 2 DATA, END.
  assert.equal(write.mock.callCount(), 4);
  await connection.close();
  assert.deepEqual(seen, [...Array.from({ length: 11 }, (_, i) => [i + 1, 10]), [12, 5]]);
});
