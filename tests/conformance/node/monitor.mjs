// The operation `monitor`: events on sessions that report to one monitor.

import { Config, Monitor, Session } from "../../../sdk-node/index.mjs";
import { drain, rejectOf } from "./rejects.mjs";
import { fieldsOf, frameOf, UsageError, unhex, whole } from "./shapes.mjs";

/** The fields of each event, by the one that tells it. */
const EVENTS = {
  tick: { tick: whole },
  close: { close: whole },
  load: { load: whole },
  recv: { recv: unhex, session: whole },
  send: { send: frameOf, session: whole },
};

export function eventOf(event) {
  const name = Object.keys(EVENTS).find((name) =>
    Object.hasOwn(event ?? {}, name),
  );
  if (name === undefined) {
    throw new UsageError("an event is tick, close, load, recv or send");
  }
  return fieldsOf(event, EVENTS[name]);
}

export function monitor({ config: { config, limits }, events }) {
  const host = {
    config: new Config(config),
    monitor: new Monitor(limits),
    sessions: new Map(),
    readiness: [],
  };
  for (const event of events) {
    take(host, event);
  }
  const snapshot = host.monitor.snapshot();
  return {
    readiness: host.readiness,
    metrics: metricsOf(snapshot),
    load_permille: snapshot.hostLoadPermille,
    starved_ns: Math.round(snapshot.ackStarvedSeconds * 1e9),
  };
}

function take(host, event) {
  if (Object.hasOwn(event, "tick")) {
    const { ready, missing } = host.monitor.readiness(event.tick);
    host.readiness.push({ ready, missing });
  } else if (Object.hasOwn(event, "load")) {
    host.monitor.setLoad(event.load);
  } else if (Object.hasOwn(event, "close")) {
    host.sessions.get(event.close)?.close();
    host.sessions.delete(event.close);
  } else if (Object.hasOwn(event, "recv")) {
    drain(() => sessionOf(host, event).recv(event.recv), []);
  } else {
    rejectOf(() => sessionOf(host, event).send(event.send));
  }
}

/** The session of that number, made when it is first used. */
function sessionOf({ config, monitor, sessions }, { session: number }) {
  let session = sessions.get(number);
  if (session === undefined) {
    session = new Session(config, { monitor });
    sessions.set(number, session);
  }
  return session;
}

function metricsOf(snapshot) {
  return {
    oap_frames_total: snapshot.frames,
    oap_rejects_total: snapshot.rejects,
    oap_frame_bytes_total: snapshot.frameBytes,
    oap_ack_window: snapshot.ackWindow,
    oap_inflight_frames: snapshot.inflightFrames,
    oap_inflight_capacity: snapshot.inflightCapacity,
  };
}
