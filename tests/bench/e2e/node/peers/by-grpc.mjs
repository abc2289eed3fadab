// By grpc-js: `by-grpc.mjs (server | client ADDRESS) SCENARIO`.

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { bodies, run, Tally } from "../scenario.mjs";
import { Inbox, Server } from "./messages.mjs";

const proto = fileURLToPath(new URL("../../bench.proto", import.meta.url));
const { Bench } = grpc.loadPackageDefinition(loader.loadSync(proto, { longs: Number })).bench;

class Client {
  #inbox = new Inbox();

  async connect(host, port, fresh) {
    this.bench = new Bench(`${host}:${port}`, grpc.credentials.createInsecure());
    if (!fresh) {
      await new Promise((resolve, reject) => {
        this.bench.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve()));
      });
    }
  }

  async stream(scenario) {
    let call;
    const sum = new Promise((resolve, reject) => {
      call = this.bench.Stream((error, answer) => (error ? reject(error) : resolve(answer.sum)));
    });
    for (const body of bodies(scenario)) {
      if (!call.write({ body })) {
        await once(call, "drain");
      }
    }
    call.end();
    return sum;
  }

  begin() {
    this.call = this.bench.Ping();
    this.call.on("data", ({ body }) => this.#inbox.push(body));
  }

  send(body) {
    this.call.write({ body });
  }

  receive() {
    return this.#inbox.next();
  }

  end() {
    this.call.end();
  }

  close() {
    this.bench.close();
  }
}

async function serve(scenario) {
  const listening = new grpc.Server();
  const server = new Server(scenario, () => listening.tryShutdown(() => {}));
  listening.addService(Bench.service, {
    Stream(call, answer) {
      const tally = new Tally(scenario);
      call.on("data", ({ body }) => tally.add(body));
      call.on("end", () => {
        answer(null, { sum: tally.sum });
        server.done(tally);
      });
    },
    Ping(call) {
      const take = server.attend((body) => call.write({ body }));
      call.on("data", ({ body }) => take(body));
      call.on("end", () => call.end());
    },
  });
  const credentials = grpc.ServerCredentials.createInsecure();
  listening.bindAsync("127.0.0.1:0", credentials, (error, port) => {
    if (error) {
      throw error;
    }
    console.log(`127.0.0.1:${port}`);
  });
}

await run(() => new Client(), serve);
