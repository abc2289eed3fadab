// Peers of bare bytes, over TCP and over TLS, and servers of this package that note how their connections end.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import tls from 'node:tls';
import { connect, encode } from '../index.mjs';
import { serve } from './support.mjs';

export const HELLO = encode({ kind: 'HELLO', maxFrame: 1_048_576, ackWindow: 256 });
export const START = encode({ kind: 'START', stream: 's' });
export const DATA = encode({ kind: 'DATA', seq: 1, body: Buffer.from('abc') });
export const END = encode({ kind: 'END', seq: 1, status: 0 });
export const ERROR = encode({ kind: 'ERROR', code: 99, reason: 'the peer’s own words' });

/** A key and its certificate for localhost, in one text. */
export function certificate() {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-'];
  const certified = ['req', '-x509', ...curve, '-subj', '/CN=localhost', '-days', '2'];
  return execFileSync('openssl', certified, { stdio: ['ignore', 'pipe', 'ignore'] });
}

const pem = certificate();
const trusting = { ca: pem, servername: 'localhost' };
const quiet = (socket) => socket.on('error', () => {});

export const TCP = {
  name: 'TCP',
  serving: {},
  connecting: {},
  listener: (attend) => net.createServer({ allowHalfOpen: true }, attend),
  /** A socket and the one below it; `ready` is its event. */
  dial: (port) => {
    const socket = quiet(net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    return { socket, below: socket, ready: 'connect' };
  },
};

export const TLS = {
  name: 'TLS',
  serving: { tls: { key: pem, cert: pem } },
  connecting: { tls: trusting },
  listener: (attend) => tls.createServer({ key: pem, cert: pem, allowHalfOpen: true }, attend),
  dial: (port) => {
    const below = quiet(net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    const socket = quiet(tls.connect({ socket: below, allowHalfOpen: true, ...trusting }));
    return { socket, below, ready: 'secureConnect' };
  },
};

/** A peer that is connected. */
export async function met(transport, port) {
  const { socket, below, ready } = transport.dial(port);
  await once(socket, ready);
  return { socket, below };
}

/** A server of bare bytes. */
export async function bare(test, attend, transport = TCP) {
  const server = transport.listener((socket) => {
    test.after(() => socket.destroy());
    attend(quiet(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  return server.address().port;
}

/** A server of this package that notes why its connections ended, in the order of their ends. */
export async function noted(test, handler, options) {
  const ends = [];
  const served = await serve(
    test,
    async (connection) => {
      void connection.ended().then((reason) => ends.push(reason));
      await handler(connection);
    },
    options,
  );
  const next = async (count = 1) => {
    for (let waited = 0; ends.length < count; waited += 5) {
      assert.ok(waited < 20_000, 'no connection ended');
      await pause(5);
    }
    return ends.splice(0, count);
  };
  return { ...served, next };
}

export const takeAll = async (connection) => {
  for await (const _ of connection);
};

/** A connection of this package, ended with the test. */
export function dial(test, port, options) {
  const connection = connect({ host: '127.0.0.1', port, ...options });
  test.after(() => connection.abort());
  return connection;
}
