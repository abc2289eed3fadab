// A scenario of the end-to-end benchmark, and what an end of it has to report.

import { crc32 } from "node:zlib";

/** How many different messages there are. */
const PHASES = 256;

/** `KIND,SIZE,COUNT,CONNECTIONS`, and `,crc` where all bytes are checked. */
export function parse(text) {
  const [kind, size, count, connections, check] = text.split(",");
  return {
    kind,
    size: Number(size),
    count: Number(count),
    connections: Number(connections),
    crc: check === "crc",
  };
}

/** All different messages. */
function messages({ size }) {
  const block = Buffer.from(
    Array.from({ length: size + PHASES }, (_, place) => place * 167 + (place >> 8) * 13),
  );
  return Array.from({ length: PHASES }, (_, phase) => block.subarray(phase, phase + size));
}

/** The messages of a connection, in order. */
export function* bodies(scenario) {
  const all = messages(scenario);
  for (let number = 0; number < scenario.count; number += 1) {
    yield all[number % PHASES];
  }
}

/** The same as an array. */
export function bodyArray(scenario) {
  const all = messages(scenario);
  return Array.from({ length: scenario.count }, (_, number) => all[number % PHASES]);
}

/** What has been received on a connection. */
export class Tally {
  messages = 0;
  bytes = 0;
  /** The sum of the last bytes, or the CRC-32 of all bytes. */
  sum = 0;

  constructor({ crc }) {
    this.crc = crc;
  }

  add(body) {
    this.messages += 1;
    this.bytes += body.length;
    this.sum = this.crc ? crc32(body, this.sum) : this.sum + body[body.length - 1];
  }
}

/** The line that an end prints. */
export class Report {
  messages = 0;
  bytes = 0;
  sum = 0;
  wall = 0;
  roundTrips = [];
  since = process.cpuUsage();

  add(tally) {
    this.messages += tally.messages;
    this.bytes += tally.bytes;
    this.sum += tally.sum;
  }

  print() {
    const { user, system } = process.cpuUsage(this.since);
    const { messages, bytes, sum, wall, roundTrips } = this;
    const line = { messages, bytes, sum, wall, cpu: (user + system) / 1e6 };
    if (roundTrips.length > 0) {
      line.median = roundTrips.sort((a, b) => a - b)[roundTrips.length >> 1];
    }
    console.log(JSON.stringify(line));
  }
}

const seconds = () => performance.now() / 1_000;

/**
 * Runs the program's arguments, `server SCENARIO` or `client ADDRESS SCENARIO`. A client has `connect(host, port, fresh)`,
 * `stream(scenario)`, which gives the sum that the server makes of all messages, `begin()`, `send(body)`, `receive()` and
 * `end()` for a ping, and `close()`.
 */
export async function run(makeClient, serve) {
  const scenario = parse(process.argv.at(-1));
  if (process.argv.at(-2) === "server") {
    await serve(scenario);
  } else {
    const address = process.argv.at(-2);
    const colon = address.lastIndexOf(":");
    const at = [address.slice(0, colon), Number(address.slice(colon + 1))];
    await runClient(makeClient, at, scenario);
  }
}

async function runClient(makeClient, address, scenario) {
  const clients = Array.from({ length: scenario.connections }, () => makeClient());
  const measure = scenario.kind === "fresh" ? oneAfterTheOther : allAtOnce;
  const report = await measure(clients, address, scenario);
  report.messages = scenario.count * scenario.connections;
  report.bytes = report.messages * scenario.size;
  report.print();
  for (const client of clients) {
    await client.close();
  }
}

async function oneAfterTheOther(clients, address, scenario) {
  const report = new Report();
  for (const client of clients) {
    const begin = seconds();
    await client.connect(...address, true);
    const sum = await client.stream(scenario);
    report.sum += sum;
    report.wall += seconds() - begin;
  }
  return report;
}

async function allAtOnce(clients, address, scenario) {
  for (const client of clients) {
    await client.connect(...address, false);
  }
  const report = new Report();
  const begin = seconds();
  await Promise.all(clients.map((client) => exchange(client, scenario, report)));
  report.wall = seconds() - begin;
  return report;
}

async function exchange(client, scenario, report) {
  if (scenario.kind === "ping") {
    await ping(client, scenario, report);
  } else {
    const sum = await client.stream(scenario);
    report.sum += sum;
  }
}

async function ping(client, scenario, report) {
  const tally = new Tally(scenario);
  await client.begin?.();
  for (const body of bodies(scenario)) {
    const begin = seconds();
    await client.send(body);
    tally.add(await client.receive());
    report.roundTrips.push(seconds() - begin);
  }
  await client.end?.();
  report.sum += tally.sum;
}
