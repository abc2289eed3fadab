// Takes streams on PORT, and answers /readyz and /metrics on PAGES: `node metrics_host.mjs HOST PORT PAGES`.

import { createServer as createHttpServer } from 'node:http';
import { createServer, Monitor, TEXT_CONTENT_TYPE } from 'oap';

const [host, port, pages] = process.argv.slice(2);
const monitor = new Monitor();
setInterval(() => monitor.tick(), 1_000).unref();
process.on('SIGTERM', () => monitor.setParserReady(false)); // a balancer sends no more

createHttpServer(({ url }, response) => {
  if (url === '/readyz') {
    const { status, headers, body } = monitor.readiness();
    response.writeHead(status, headers).end(body);
  } else if (url === '/metrics') {
    response.writeHead(200, { 'Content-Type': TEXT_CONTENT_TYPE }).end(monitor.text());
  } else {
    response.writeHead(404).end();
  }
}).listen(Number(pages), host);

const server = createServer({ monitor }, async (connection) => {
  for await (const _ of connection);
});
const address = await server.listen(Number(port), host);
console.log(`listening on ${host}:${address.port}`);
