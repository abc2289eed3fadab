// A server over anything that carries messages: what sends has `send(body)`, which gives a promise where it has to wait.

import { Report, Tally } from "../scenario.mjs";

/** Counts the connections of a scenario until all have been answered, then calls `close`. */
export class Server {
  constructor(scenario, close) {
    this.scenario = scenario;
    this.report = new Report();
    this.left = scenario.connections;
    this.close = close;
  }

  /** What is to be called with each message of a connection. */
  attend(send) {
    const { scenario } = this;
    const tally = new Tally(scenario);
    return (body) => {
      tally.add(body);
      if (scenario.kind === "ping") {
        send(body);
      }
      if (tally.messages === scenario.count) {
        if (scenario.kind !== "ping") {
          send(Buffer.from(`${tally.sum}`));
        }
        this.done(tally);
      }
    };
  }

  done(tally) {
    this.report.add(tally);
    this.left -= 1;
    if (this.left === 0) {
      this.report.print();
      setTimeout(this.close, 100);
    }
  }
}

/** Messages that have come, and who waits for the next. */
export class Inbox {
  #came = [];
  #waits;

  push(body) {
    if (this.#waits) {
      this.#waits(body);
      this.#waits = undefined;
    } else {
      this.#came.push(body);
    }
  }

  next() {
    if (this.#came.length > 0) {
      return this.#came.shift();
    }
    return new Promise((resolve) => {
      this.#waits = resolve;
    });
  }
}
