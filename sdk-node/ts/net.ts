/** Clients and servers on `node:net`. */

import * as net from 'node:net';
import type { Config, ConfigOptions } from './config.js';
import { OapConnection } from './connection.js';
import type { MonitorOption } from './monitor.js';

/** Where to connect to and how: the options of `net.connect`, a configuration, and a monitor. */
export type ConnectOptions = net.NetConnectOpts &
  MonitorOption & {
    config?: Config | ConfigOptions | undefined;
    /** Destroys the connection; its reason is then what loops and senders throw. */
    signal?: AbortSignal | undefined;
  };

/** The options of `net.createServer`, a configuration for its connections, and a monitor. */
export type ServerOptions = net.ServerOpts & MonitorOption & { config?: Config | ConfigOptions | undefined };

/** Serves a connection; when it is done the connection is closed. */
export type ConnectionHandler = (connection: OapConnection) => void | Promise<void>;

/** A connection to a server. It is there at once; what fails, `ready`, loops and senders throw. */
export function connect(options: ConnectOptions): OapConnection {
  const { config, monitor, signal, ...where } = options;
  const connection = new OapConnection(net.connect(where as net.NetConnectOpts), config, { monitor });
  if (signal !== undefined) {
    const stop = () => connection.destroy(signal.reason as Error);
    signal.addEventListener('abort', stop);
    connection.socket.once('close', () => signal.removeEventListener('abort', stop));
    if (signal.aborted) {
      stop();
    }
  }
  return connection;
}

/**
 * A server that is not yet listening. Where a handler throws what made its connection fail (a peer was rejected or went
 * away), the server emits `clientError` with the error and the connection, as those of `node:http` do. What else a
 * handler throws is an unhandled rejection.
 */
export function createServer(handler: ConnectionHandler): net.Server;
export function createServer(options: ServerOptions, handler: ConnectionHandler): net.Server;
export function createServer(
  first: ServerOptions | ConnectionHandler,
  second?: ConnectionHandler,
): net.Server {
  const [{ config, monitor, ...options }, handler] =
    typeof first === 'function' ? [{} as ServerOptions, first] : [first, second!];
  const server = net.createServer({ allowHalfOpen: true, ...options }, (socket) => {
    void serve(server, new OapConnection(socket, config, { monitor }), handler);
  });
  return server;
}

async function serve(
  server: net.Server,
  connection: OapConnection,
  handler: ConnectionHandler,
): Promise<void> {
  try {
    await handler(connection);
  } catch (error) {
    if (error !== connection.failure) {
      connection.destroy();
      throw error;
    }
    server.emit('clientError', error, connection);
  }
  await connection.close();
}
