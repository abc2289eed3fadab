// The command line.

const FLAGS = ["echo", "nowait"];
/** What each option with a value sets of a connection, or nothing. */
const VALUES = {
  port: undefined,
  slow: undefined,
  chunk: undefined,
  window: undefined,
  "max-frame": undefined,
  "max-connections": undefined,
  "receive-buffer": "receiveBuffer",
  "send-buffer": "sendBuffer",
  handshake: "handshakeTimeout",
  idle: "idleTimeout",
  stall: "stallTimeout",
  close: "closeTimeout",
};

/** The words, and the options by name; nothing where it is no good command line. */
export function argumentsOf(words) {
  const given = { words: [], options: new Map() };
  for (let at = 0; at < words.length; at += 1) {
    const name = words[at].replace(/^--/, "");
    if (name === words[at]) {
      given.words.push(name);
    } else if (FLAGS.includes(name)) {
      given.options.set(name, true);
    } else if (Object.hasOwn(VALUES, name) && /^\d+$/.test(words[at + 1])) {
      given.options.set(name, Number(words[(at += 1)]));
    } else {
      return undefined;
    }
  }
  return given;
}

/** What a connection is made with; what was not given has its default. */
export function connectionOptions({ options }) {
  const limits = Object.entries(VALUES)
    .filter(([name, option]) => option !== undefined && options.has(name))
    .map(([name, option]) => [option, options.get(name)]);
  const config = {};
  if (options.has("window")) {
    config.ackWindowFrames = options.get("window");
  }
  if (options.has("max-frame")) {
    config.maxFrame = options.get("max-frame");
  }
  return { config, ...Object.fromEntries(limits) };
}
