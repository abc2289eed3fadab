// By a Session that the host drives itself, in batches: what the connection is compared with. One connection, one way:
// `session.mjs (server | client ADDRESS) SCENARIO`.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { Session } from "../../../../sdk-node/index.mjs";
import { bodyArray, Report, run, Tally } from "./scenario.mjs";

/** Frames of one write, so that it has about 64 KiB. */
const batchOf = ({ size }) => Math.max(1, Math.floor(65_536 / size));

class Link {
  #session = new Session({ ackWindowFrames: 1_024 });
  #moved;
  #move;

  constructor(socket, see) {
    this.socket = socket;
    this.#wake();
    socket.on("data", (chunk) => {
      for (const frame of this.#session.recv(chunk)) {
        see(frame);
      }
      const { inFlight, lastSeq } = this.#session.inbound;
      if (inFlight > 0) {
        socket.write(this.#session.send({ kind: "ACK", upTo: lastSeq }));
      }
      this.#wake();
    });
    socket.write(this.#session.send({ kind: "HELLO", ...this.#session.hello() }));
  }

  /** Lets go on who waits until something has come. */
  #wake() {
    this.#move?.();
    this.#moved = new Promise((resolve) => {
      this.#move = resolve;
    });
  }

  async until(so) {
    while (!so()) {
      await this.#moved;
    }
  }

  ready() {
    return this.until(() => this.#session.isEstablished);
  }

  async send(stream, all, most) {
    const session = this.#session;
    this.socket.write(session.send({ kind: "START", stream }));
    for (let sent = 0; sent < all.length; ) {
      await this.until(() => session.credit > 0);
      const count = Math.min(session.credit, most, all.length - sent);
      const frames = all.slice(sent, sent + count);
      const written = this.socket.write(
        session.send(frames.map((body, place) => ({ kind: "DATA", seq: sent + place + 1, body }))),
      );
      sent += count;
      if (!written) {
        await once(this.socket, "drain");
      }
    }
    this.socket.write(session.send({ kind: "END", seq: all.length, status: 0 }));
  }
}

class Client {
  async connect(host, port) {
    const socket = connect({ host, port, noDelay: true });
    this.link = new Link(socket, (frame) => {
      if (frame.kind === "DATA") {
        this.sum = Number(frame.body.toString());
      }
    });
    await this.link.ready();
  }

  async stream(scenario) {
    await this.link.send("bench", bodyArray(scenario), batchOf(scenario));
    await this.link.until(() => this.sum !== undefined);
    return this.sum;
  }

  close() {
    this.link.socket.end();
  }
}

async function serve(scenario) {
  const listening = createServer({ noDelay: true });
  const report = new Report();
  listening.on("connection", (socket) => {
    const tally = new Tally(scenario);
    const link = new Link(socket, (frame) => {
      if (frame.kind === "DATA") {
        tally.add(frame.body);
      } else if (frame.kind === "END") {
        link.send("sum", [Buffer.from(`${tally.sum}`)], 1).then(() => {
          report.add(tally);
          report.print();
          listening.close();
        });
      }
    });
  });
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  console.log(`127.0.0.1:${listening.address().port}`);
}

await run(() => new Client(), serve);
