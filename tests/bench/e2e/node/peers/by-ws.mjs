// By ws: `by-ws.mjs (server | client ADDRESS) SCENARIO`.

import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { bodies, run } from "../scenario.mjs";
import { Inbox, Server } from "./messages.mjs";

/** Bytes that wait to be written, from which on a sender waits. */
const ENOUGH = 64 * 1_024;

class Client {
  #inbox = new Inbox();

  async connect(host, port) {
    this.socket = new WebSocket(`ws://${host}:${port}/`);
    this.socket.on("message", (body) => this.#inbox.push(body));
    await once(this.socket, "open");
  }

  async stream(scenario) {
    for (const body of bodies(scenario)) {
      if (this.socket.bufferedAmount > ENOUGH) {
        await this.send(body);
      } else {
        this.socket.send(body);
      }
    }
    return Number((await this.receive()).toString());
  }

  send(body) {
    return new Promise((resolve, reject) => {
      this.socket.send(body, (error) => (error ? reject(error) : resolve()));
    });
  }

  receive() {
    return this.#inbox.next();
  }

  close() {
    this.socket.close();
  }
}

async function serve(scenario) {
  const listening = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(listening, "listening");
  console.log(`127.0.0.1:${listening.address().port}`);
  const server = new Server(scenario, () => listening.close());
  listening.on("connection", (socket) => {
    socket.on("message", server.attend((body) => socket.send(body)));
  });
}

await run(() => new Client(), serve);
