// A host with /readyz and /metrics, beside a server that takes frames.
//   node host.mjs [HTTP-PORT [OAP-PORT]]

import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { argv } from 'node:process';
import { createServer, Monitor, TEXT_CONTENT_TYPE } from 'oap';

const monitor = new Monitor();
setInterval(() => monitor.tick(), 1_000).unref();

const frames = createServer({ monitor }, async (connection) => {
  for await (const _ of connection);
});

const http = createHttpServer(({ url }, response) => {
  if (url === '/readyz') {
    const { status, headers, body } = monitor.readiness();
    response.writeHead(status, headers).end(body);
  } else if (url === '/metrics') {
    response.writeHead(200, { 'Content-Type': TEXT_CONTENT_TYPE }).end(monitor.text());
  } else {
    response.writeHead(404).end();
  }
});

http.listen(Number(argv[2] ?? 0), '127.0.0.1', () => {
  console.log('http', (http.address() as AddressInfo).port);
});
const { port } = await frames.listen(Number(argv[3] ?? 0), '127.0.0.1');
console.log('oap', port);
process.once('SIGTERM', () => monitor.setParserReady(false)); // the balancer sends no more
