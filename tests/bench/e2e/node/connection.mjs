// By the package's connections: `connection.mjs SOURCE (server | client ADDRESS) SCENARIO`. SOURCE is what a stream is
// sent from: `async` (an async generator), `iterable` (a generator) or `array`.

import { connect, createServer } from "../../../../sdk-node/index.mjs";
import { bodies, bodyArray, Report, run, Tally } from "./scenario.mjs";

/** A window other than the default: for the sweep of windows. */
const { OAP_E2E_WINDOW: window } = process.env;
const options = window ? { config: { ackWindowFrames: Number(window) } } : {};

async function* asyncBodies(scenario) {
  yield* bodies(scenario);
}

const sources = { async: asyncBodies, iterable: bodies, array: bodyArray };
const source = sources[process.argv[2]];

class Client {
  async connect(host, port, fresh) {
    this.connection = connect({ host, port, ...options });
    if (!fresh) {
      await this.connection.ready();
    }
  }

  async stream(scenario) {
    await this.connection.sendStream("bench", source(scenario));
    let sum = 0;
    for await (const frame of this.connection.frames()) {
      if (frame.kind === "DATA") {
        sum = Number(frame.body.toString());
      } else if (frame.kind === "END") {
        return sum;
      }
    }
    throw new Error("the server closed before its answer");
  }

  begin() {
    return this.connection.start("ping");
  }

  send(body) {
    return this.connection.data(body);
  }

  async receive() {
    for (;;) {
      const frame = await this.connection.read();
      if (frame.kind === "DATA") {
        return frame.body;
      }
    }
  }

  async end() {
    await this.connection.end();
    while ((await this.connection.read()).kind !== "END");
  }

  close() {
    return this.connection.close();
  }
}

async function take(connection, scenario) {
  const tally = new Tally(scenario);
  for await (const frames of connection) {
    for (const frame of frames) {
      if (frame.kind === "DATA") {
        tally.add(frame.body);
      } else if (frame.kind === "END") {
        await connection.sendStream("sum", [Buffer.from(`${tally.sum}`)]);
      }
    }
  }
  return tally;
}

async function echo(connection, scenario) {
  const tally = new Tally(scenario);
  for await (const frame of connection.frames()) {
    if (frame.kind === "START") {
      await connection.start("pong");
    } else if (frame.kind === "DATA") {
      tally.add(frame.body);
      await connection.data(frame.body);
    } else {
      await connection.end();
    }
  }
  return tally;
}

async function serve(scenario) {
  const report = new Report();
  let left = scenario.connections;
  const server = createServer(options, async (connection) => {
    report.add(await (scenario.kind === "ping" ? echo : take)(connection, scenario));
    left -= 1;
    if (left === 0) {
      report.print();
      server.shutdown();
    }
  });
  const { port } = await server.listen(0, "127.0.0.1");
  console.log(`127.0.0.1:${port}`);
}

await run(() => new Client(), serve);
