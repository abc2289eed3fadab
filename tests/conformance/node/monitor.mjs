// The operation `monitor`: events on sessions that report to one monitor.

import { Config, Monitor, Session } from "../../../sdk-node/index.mjs";
import { drain, rejectOf } from "./rejects.mjs";
import {
  configOf,
  frameOf,
  limitsOf,
  listOf,
  UsageError,
  unhex,
} from "./shapes.mjs";

export function monitor({ config, events }) {
  const { limits, others } = limitsOf(config);
  const host = {
    config: new Config(configOf(others)),
    monitor: new Monitor(limits),
    sessions: new Map(),
    readiness: [],
  };
  for (const event of listOf(events, "events")) {
    take(host, event);
  }
  return { readiness: host.readiness, metrics: metricsOf(host.monitor) };
}

function take(host, event) {
  if (Object.hasOwn(event, "tick")) {
    const { ready, missing } = host.monitor.readiness(event.tick);
    host.readiness.push({ ready, missing });
  } else if (Object.hasOwn(event, "close")) {
    host.sessions.get(event.close)?.close();
    host.sessions.delete(event.close);
  } else if (Object.hasOwn(event, "recv")) {
    const chunk = unhex(event.recv);
    drain(() => sessionOf(host, event).recv(chunk), []);
  } else if (Object.hasOwn(event, "send")) {
    const frame = frameOf(event.send);
    rejectOf(() => sessionOf(host, event).send(frame));
  } else {
    throw new UsageError("an event is tick, close, recv or send");
  }
}

/** The session of that number, made when it is first used. */
function sessionOf({ config, monitor, sessions }, { session: number }) {
  if (!Number.isInteger(number)) {
    throw new UsageError("session is an integer");
  }
  let session = sessions.get(number);
  if (session === undefined) {
    session = new Session(config, { monitor });
    sessions.set(number, session);
  }
  return session;
}

function metricsOf(monitor) {
  const { frames, rejects, frameBytes, ackWindow, inflightFrames } =
    monitor.snapshot();
  return {
    oap_frames_total: frames,
    oap_rejects_total: rejects,
    oap_frame_bytes_total: frameBytes,
    oap_ack_window: ackWindow,
    oap_inflight_frames: inflightFrames,
  };
}
