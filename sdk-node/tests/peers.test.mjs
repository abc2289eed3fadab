// Peers that are mute, slow, stopped, broken or gone, over real sockets, TCP and TLS. None of them may end the process:
// every test of this file fails at an unhandled rejection.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { encode } from '../index.mjs';
import { bare, DATA, dial, END, ERROR, HELLO, met, noted, START, takeAll, TCP, TLS } from './peers.mjs';

const LIMIT = { timeout: 60_000 };
const FRAMES = [HELLO, START, DATA, END];
const ALL = Buffer.concat(FRAMES);
const BORDERS = FRAMES.map((_, i) => Buffer.concat(FRAMES.slice(0, i + 1)).length);

/** The reasons that an end of input behind so many bytes may have; a peer that is gone may be known by a reset. */
function reasonsAt(cut) {
  if (cut > 0 && !BORDERS.includes(cut)) {
    return ['reject:truncated'];
  }
  return cut === BORDERS[1] || cut === BORDERS[2] ? ['incomplete'] : ['clean', 'reset', 'unacknowledged'];
}

for (const transport of [TCP, TLS]) {
  const over = (what) => `${what}, over ${transport.name}`;

  test(over('a FIN at every byte is told to a server for what it is'), LIMIT, async (t) => {
    const { port, next } = await noted(t, takeAll, transport.serving);
    for (let cut = 0; cut <= ALL.length; cut += 1) {
      const { socket, below } = await met(transport, port);
      socket.resume().end(ALL.subarray(0, cut));
      const [reason] = await next();
      assert.ok(reasonsAt(cut).includes(reason), `${cut}: ${reason}`);
      below.destroy();
    }
  });

  test(over('a FIN at every border of frames is told to a client for what it is'), LIMIT, async (t) => {
    for (const cut of [0, ...BORDERS]) {
      const port = await bare(t, (socket) => socket.resume().end(ALL.subarray(0, cut)), transport);
      const connection = dial(t, port, transport.connecting);
      await takeAll(connection).catch(() => {});
      const reason = await connection.ended();
      assert.ok(reasonsAt(cut).includes(reason), `${cut}: ${reason}`);
    }
  });

  test(over('a reset at every border of frames'), LIMIT, async (t) => {
    const { port, next } = await noted(t, takeAll, transport.serving);
    for (const cut of [0, ...BORDERS]) {
      const { socket, below } = await met(transport, port);
      socket.resume().write(ALL.subarray(0, cut), () => below.resetAndDestroy());
      const [reason] = await next();
      // What came before a reset may be lost with it.
      assert.ok(['reset', 'clean', 'incomplete', 'unacknowledged'].includes(reason), `${cut}: ${reason}`);
    }
  });

  test(over('other protocols, and who connects and goes'), LIMIT, async (t) => {
    const { port, next } = await noted(t, (connection) => connection.ready(), transport.serving);
    for (const attend of [
      ({ socket }) => socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      ({ socket }) => socket.write(Buffer.alloc(70_000, 0xff)),
      // By TLS the server has no connection before its HELLO is here.
      ({ socket, below }) => socket.once('data', () => below.destroy()),
    ]) {
      const peer = await met(transport, port);
      peer.socket.resume();
      attend(peer);
      await next();
      peer.below.destroy();
    }
    const client = await bare(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), transport);
    const connection = dial(t, client, transport.connecting);
    await assert.rejects(connection.sendStream('s', []), { name: 'OapConnectionError' });
  });

  test(over('a mute peer is given up'), LIMIT, async (t) => {
    const port = await bare(t, (socket) => socket.resume(), transport);
    const connection = dial(t, port, { handshakeTimeout: 300, ...transport.connecting });
    await assert.rejects(connection.sendStream('s', []), { reason: 'handshake_timeout' });
    const limits = { handshakeTimeout: 300, idleTimeout: 400 };
    const served = await noted(t, takeAll, { ...limits, ...transport.serving });
    for (const [bytes, reason] of [
      [Buffer.alloc(0), 'handshake_timeout'],
      [HELLO, 'idle_timeout'],
    ]) {
      const { socket } = await met(transport, served.port);
      socket.resume().write(bytes);
      assert.deepEqual(await served.next(), [reason]);
      socket.destroy();
    }
  });

  test(over('a slow peer gets all that was sent before a close'), LIMIT, async (t) => {
    const SIZE = 1_500_000;
    let taken = 0;
    const { port } = await noted(
      t,
      async (connection) => {
        for await (const frame of connection.frames()) {
          if (frame.kind === 'DATA') {
            taken += frame.len;
            await pause(frame.len / 800);
          }
        }
      },
      transport.serving,
    );
    const connection = dial(t, port, transport.connecting);
    await connection.sendStream('s', [Buffer.alloc(SIZE)], { chunkSize: 16_000 });
    await connection.close();
    assert.equal(taken, SIZE);
  });

  for (const size of [4_096, 65_536]) {
    test(
      over(`a stopped peer costs its sender sendBuffer and the socket's own: ${size}`),
      LIMIT,
      async (t) => {
        const port = await bare(t, (socket) => socket.pause().write(HELLO), transport);
        const sendBuffer = 262_144;
        const connection = dial(t, port, {
          sendBuffer,
          config: { maxFrame: 1_048_576 },
          ...transport.connecting,
        });
        await connection.ready();
        let pulled = 0;
        const source = (function* () {
          for (; pulled < 2 ** 28; pulled += size) {
            yield Buffer.alloc(size);
          }
        })();
        const sending = connection.sendStream('s', source);
        let before = -1;
        while (pulled !== before) {
          before = pulled;
          await pause(200);
        }
        const { socket } = connection;
        // What the system has taken, as Node counts it; beyond that stand the buffer and one frame, and what is handed over.
        const withSystem = socket.bytesWritten - socket.writableLength;
        assert.ok(pulled < 2 ** 28, 'the peer takes nothing');
        const most = sendBuffer + 2 * 65_536 + size;
        assert.ok(pulled - withSystem <= most, `${pulled} pulled, ${withSystem} with the system`);
        const since = Date.now();
        await assert.rejects(connection.close({ timeout: 200 }), { reason: 'close_timeout' });
        assert.ok(Date.now() - since < 10_000);
        await assert.rejects(sending, { reason: 'closed' });
      },
    );
  }

  test(over('a half-closed peer gets its answer'), LIMIT, async (t) => {
    const { port } = await noted(t, takeAll, transport.serving);
    const { socket } = await met(transport, port);
    socket.end(ALL);
    const chunks = [];
    for await (const chunk of socket) {
      chunks.push(chunk);
    }
    assert.ok(Buffer.concat(chunks).includes(encode({ kind: 'ACK', upTo: 1 })));
  });

  test(over('the peer’s text stands in no message'), LIMIT, async (t) => {
    const port = await bare(t, (socket) => socket.write(Buffer.concat([HELLO, ERROR])), transport);
    const error = await dial(t, port, transport.connecting)
      .read()
      .catch((error) => error);
    assert.deepEqual([error.reason, error.word, error.peerCode], ['peer_error', 'peer_error:99', 99]);
    assert.equal(error.peerText, 'the peer’s own words');
    assert.ok(!JSON.stringify(error).includes('own words') && !error.stack.includes('own words'));
  });

  test(over('a thousand connections'), { timeout: 120_000 }, async (t) => {
    let streams = 0;
    const { port } = await noted(
      t,
      async (connection) => {
        for await (const frame of connection.frames()) {
          streams += frame.kind === 'END' ? 1 : 0;
        }
      },
      { handshakeTimeout: 60_000, ...transport.serving },
    );
    const options = { handshakeTimeout: 60_000, ...transport.connecting };
    const all = Array.from({ length: 1_000 }, () => dial(t, port, options));
    await Promise.all(all.map((connection) => connection.sendStream('s', [Buffer.alloc(100)])));
    await Promise.all(all.map((connection) => connection.close()));
    assert.equal(streams, 1_000);
  });
}

test(
  'a peer that speaks plainly to a TLS server, and one that speaks TLS to a plain one',
  LIMIT,
  async (t) => {
    const { port } = await noted(t, takeAll, TLS.serving);
    await assert.rejects(dial(t, port).ready(), { name: 'OapConnectionError' });
    const plain = await noted(t, takeAll);
    await assert.rejects(dial(t, plain.port, TLS.connecting).ready(), { name: 'OapConnectionError' });
    const { socket } = TCP.dial(port);
    await once(socket.resume(), 'connect');
    socket.resetAndDestroy();
  },
);
