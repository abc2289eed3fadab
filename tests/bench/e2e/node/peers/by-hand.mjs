// By hand: a length of four bytes and the message, on node:net. `by-hand.mjs (each | batched) (server | client ADDRESS) SCENARIO`:
// written one by one, or as many as make 64 KiB together.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { bodies, run } from "../scenario.mjs";
import { Inbox, Server } from "./messages.mjs";

const HEAD = 4;
const BATCH = 64 * 1_024;

function framed(body) {
  const message = Buffer.allocUnsafe(HEAD + body.length);
  message.writeUInt32BE(body.length, 0);
  message.set(body, HEAD);
  return message;
}

/** What is to be called with each chunk: it calls `give` with each message. */
function parser(give) {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (at + HEAD <= bytes.length) {
      const end = at + HEAD + bytes.readUInt32BE(at);
      if (end > bytes.length) {
        break;
      }
      give(bytes.subarray(at + HEAD, end));
      at = end;
    }
    rest = bytes.subarray(at);
  };
}

async function sendEach(socket, source) {
  for (const body of source) {
    if (!socket.write(framed(body))) {
      await once(socket, "drain");
    }
  }
}

async function sendBatches(socket, source) {
  let [batch, size] = [[], 0];
  for (const body of source) {
    const message = framed(body);
    batch.push(message);
    size += message.length;
    if (size >= BATCH) {
      if (!socket.write(Buffer.concat(batch, size))) {
        await once(socket, "drain");
      }
      [batch, size] = [[], 0];
    }
  }
  socket.write(Buffer.concat(batch, size));
}

const sendAll = process.argv[2] === "batched" ? sendBatches : sendEach;

class Client {
  #inbox = new Inbox();

  async connect(host, port) {
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on("data", parser((body) => this.#inbox.push(body)));
    await once(this.socket, "connect");
  }

  async stream(scenario) {
    await sendAll(this.socket, bodies(scenario));
    return Number((await this.receive()).toString());
  }

  send(body) {
    this.socket.write(framed(body));
  }

  receive() {
    return this.#inbox.next();
  }

  close() {
    this.socket.end();
  }
}

async function serve(scenario) {
  const listening = createServer({ noDelay: true });
  const server = new Server(scenario, () => listening.close());
  listening.on("connection", (socket) => {
    socket.on("data", parser(server.attend((body) => socket.write(framed(body)))));
  });
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  console.log(`127.0.0.1:${listening.address().port}`);
}

await run(() => new Client(), serve);
