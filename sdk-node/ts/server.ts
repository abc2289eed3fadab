/** A server: accepts, limits, lists, shuts down. Nothing that a peer does ends it: rules S.1 to S.5. */

import { once } from 'node:events';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { debuglog } from 'node:util';
import type { Config, ConfigOptions } from './config.js';
import { limitsOf } from './connection-options.js';
import { OapConnection, type ConnectionOptions } from './connection.js';
import { MAX_TIMER_MS } from './deadline.js';
import { OapConnectionError, OapRejectError } from './errors.js';
import { mustBeMilliseconds, mustBePositive } from './numbers.js';

const MAX_CONNECTIONS = 1_024;
/** Sockets that wait to be served: as many as Node's default backlog. */
const MAX_WAITING = 511;
const IDLE_TIMEOUT_MS = 300_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 10_000;

const debug = debuglog('oap');

/** The options of `net.createServer`, a configuration, those of each connection. */
export interface ServerOptions extends Omit<net.ServerOpts, 'allowHalfOpen'>, ConnectionOptions {
  config?: Config | ConfigOptions | undefined;
  /** Serves by TLS: the options of `tls.createServer`. */
  tls?: tls.TlsOptions | undefined;
  /** The most connections at once; up to 511 others wait to be served, and more are closed as they come. Default 1,024. */
  maxConnections?: number | undefined;
  /**
   * Is told what a handler threw, with its connection, and what failed at accepting. Without it, what a connection failed
   * of goes to `NODE_DEBUG=oap`, and anything else to `console.error`.
   */
  onError?: ((error: unknown, connection: OapConnection | undefined) => void) | undefined;
}

/** Serves a connection; when it is done the connection is closed. */
export type ConnectionHandler = (connection: OapConnection) => void | Promise<void>;

/** A connection of a server, to look at and to close. */
export interface ServedConnection {
  readonly connection: OapConnection;
  /** Who is at the other end. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** How long it has been open, in milliseconds. */
  readonly age: number;
}

export class OapServer {
  /** The server below: for its address, `ref` and `unref`. */
  readonly server: net.Server;
  readonly #handler: ConnectionHandler;
  readonly #options: ServerOptions;
  readonly #open = new Map<OapConnection, { socket: net.Socket; since: number }>();
  readonly #sockets = new Set<net.Socket>();
  readonly #most: number;
  readonly #waiting: net.Socket[] = [];
  #shutting = false;
  readonly #awaitEmpty: (() => void)[] = [];

  /** @internal */
  constructor(options: ServerOptions, handler: ConnectionHandler) {
    limitsOf(options);
    mustBePositive(
      'maxConnections',
      options.maxConnections === undefined ? MAX_CONNECTIONS : options.maxConnections,
    );
    this.#options = { idleTimeout: IDLE_TIMEOUT_MS, ...options };
    this.#handler = handler;
    this.server = this.#listener();
    this.#most = options.maxConnections ?? MAX_CONNECTIONS;
    this.server.maxConnections = this.#most + MAX_WAITING;
    // Errors of accepting pass; Node itself goes on. Those of listening are thrown by `listen`.
    this.server.on('error', (error) => this.server.listening && this.#tell(error, undefined));
    this.server.on('connection', (socket: net.Socket) => this.#track(socket));
  }

  #listener(): net.Server {
    const { tls: secure, noDelay = true, keepAlive, keepAliveInitialDelay, pauseOnConnect } = this.#options;
    if (secure === undefined) {
      const given = { noDelay, keepAlive, keepAliveInitialDelay, pauseOnConnect };
      return net.createServer({ ...given, allowHalfOpen: true }, (socket) => this.#admit(socket));
    }
    const handshakeTimeout = this.#options.handshakeTimeout ?? HANDSHAKE_TIMEOUT_MS;
    const server = tls.createServer({ handshakeTimeout, ...secure }, (socket) => this.#admit(socket));
    server.on('tlsClientError', (error) => this.#tell(new HandshakeError(error), undefined));
    return server;
  }

  /** Starts to listen, with the arguments of `net.Server.listen`; resolves to where. */
  async listen(...where: ListenArguments): Promise<net.AddressInfo> {
    (this.server.listen as (...given: unknown[]) => void)(...where);
    await once(this.server, 'listening');
    return this.server.address() as net.AddressInfo;
  }

  /** Where it listens. */
  address(): net.AddressInfo | string | null {
    return this.server.address();
  }

  /** The connections that are open now. */
  get connections(): ServedConnection[] {
    const now = performance.now();
    return [...this.#open].map(([connection, { socket, since }]) => ({
      connection,
      remoteAddress: socket.remoteAddress,
      remotePort: socket.remotePort,
      age: now - since,
    }));
  }

  /**
   * Accepts no more, closes what is idle, lets open streams finish; then closes the others in good order, and aborts what
   * is left after `timeout` milliseconds. Resolves when nothing is left.
   */
  async shutdown({ timeout = 2 * CLOSE_TIMEOUT_MS }: { timeout?: number } = {}): Promise<void> {
    mustBeMilliseconds('timeout', timeout);
    this.#shutting = true;
    this.server.close();
    const closing = Math.min(this.#options.closeTimeout ?? CLOSE_TIMEOUT_MS, timeout / 2);
    const steps = [
      setTimeout(
        () => this.#each((connection) => void connection.close({ timeout: closing })),
        Math.min(timeout - closing, MAX_TIMER_MS),
      ),
      setTimeout(() => this.abort(), Math.min(timeout, MAX_TIMER_MS)),
    ];
    this.#each((connection) => connection.closeWhenIdle());
    this.#endEarly();
    if (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => this.#awaitEmpty.push(resolve));
    }
    steps.forEach(clearTimeout);
  }

  /** Accepts no more and ends all connections at once. */
  abort(): void {
    this.#shutting = true;
    this.server.close();
    this.#each((connection) => connection.abort());
    this.#sockets.forEach((socket) => socket.destroy());
  }

  #each(act: (connection: OapConnection) => void): void {
    [...this.#open.keys()].forEach(act);
  }

  /** Sockets that are no connections yet. */
  #endEarly(): void {
    this.#waiting.splice(0).forEach((socket) => socket.destroy());
    if (this.#options.tls !== undefined) {
      const plain = new Set(
        [...this.#open.values()].map(({ socket }) => `${socket.remoteAddress} ${socket.remotePort}`),
      );
      const early = (socket: net.Socket) => !plain.has(`${socket.remoteAddress} ${socket.remotePort}`);
      [...this.#sockets].filter(early).forEach((socket) => socket.destroy());
    }
  }

  #track(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) {
        this.#awaitEmpty.splice(0).forEach((resolve) => resolve());
      }
    });
  }

  /** Serves it now, or when there is room. */
  #admit(socket: net.Socket): void {
    if (this.#open.size < this.#most) {
      void this.#serve(socket);
    } else {
      socket.on('error', () => {});
      socket.pause();
      this.#waiting.push(socket);
    }
  }

  #leave(connection: OapConnection): void {
    this.#open.delete(connection);
    const next = this.#waiting.shift();
    if (next !== undefined && next.destroyed) {
      this.#leave(connection);
    } else if (next !== undefined) {
      this.#admit(next);
    }
  }

  async #serve(socket: net.Socket): Promise<void> {
    const connection = new OapConnection(socket, this.#options.config, this.#options);
    this.#open.set(connection, { socket, since: performance.now() });
    socket.once('close', () => this.#leave(connection));
    if (this.#shutting) {
      connection.closeWhenIdle();
    }
    try {
      await this.#handler(connection);
    } catch (error) {
      this.#tell(error, connection);
    }
    connection.close().catch(() => {});
  }

  #tell(error: unknown, connection: OapConnection | undefined): void {
    try {
      const { onError } = this.#options;
      if (onError !== undefined) {
        onError(error, connection);
      } else if (isOfPeer(error)) {
        debug('%s', (error as Error).message);
      } else {
        console.error(error);
      }
    } catch (failed) {
      // A hook that throws is no reason to end the process.
      console.error(failed);
    }
  }
}

type ListenArguments =
  | [options: net.ListenOptions]
  | [port?: number, host?: string, backlog?: number]
  | [path: string, backlog?: number];

/** A peer's fault, whose text may be the peer's. */
class HandshakeError extends Error {
  constructor(cause: Error) {
    super('a TLS handshake failed', { cause });
  }
}

const PEERS_FAULTS = [OapConnectionError, OapRejectError, HandshakeError];

const isOfPeer = (error: unknown) => PEERS_FAULTS.some((kind) => error instanceof kind);

/** A server that is not yet listening. */
export function createServer(handler: ConnectionHandler): OapServer;
export function createServer(options: ServerOptions, handler: ConnectionHandler): OapServer;
export function createServer(
  first: ServerOptions | ConnectionHandler,
  second?: ConnectionHandler,
): OapServer {
  const [options, handler] = typeof first === 'function' ? [{}, first] : [first, second];
  if (typeof handler !== 'function') {
    throw new TypeError('a server has a handler: createServer(options, async (connection) => { … })');
  }
  return new OapServer(options, handler);
}
