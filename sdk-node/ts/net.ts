/** Clients on `node:net` and `node:tls`. */

import * as net from 'node:net';
import * as tls from 'node:tls';
import type { Config, ConfigOptions } from './config.js';
import { connectionConfig, limitsOf } from './connection-options.js';
import { OapConnection, type ConnectionOptions } from './connection.js';

/** Where to connect to and how: the options of `net.connect`, a configuration, those of a connection. */
export type ConnectOptions = net.NetConnectOpts &
  ConnectionOptions & {
    config?: Config | ConfigOptions | undefined;
    /** Connects by TLS: the options of `tls.connect`. */
    tls?: tls.ConnectionOptions | undefined;
    /** Aborts the connection; its reason is then the cause of what loops and senders throw. */
    signal?: AbortSignal | undefined;
  };

/** A connection to a server. It is there at once; what fails, loops and senders throw. */
export function connect(options: ConnectOptions): OapConnection {
  limitsOf(options); // A bad option is told before there is a socket.
  const { config: given, signal, tls: secure, ...where } = options;
  const config = connectionConfig(given);
  const socket =
    secure === undefined
      ? net.connect({ ...where, allowHalfOpen: true } as net.NetConnectOpts)
      : tls.connect({ ...where, ...secure } as tls.ConnectionOptions);
  const connection = new OapConnection(socket, config, options);
  if (signal !== undefined) {
    const stop = () => connection.abort(signal.reason);
    signal.addEventListener('abort', stop);
    socket.once('close', () => signal.removeEventListener('abort', stop));
    if (signal.aborted) {
      stop();
    }
  }
  return connection;
}
