/** A reject or a refusal as the core says it. */

import { Abi, ConfigErrorAt, RejectAt } from './abi.js';
import type { ConfigRefusal, Rejection } from './binding.js';
import { boolAt, calls, namesOf, type Pointer, SCRATCH, succeed, textAt, u32At, u64At } from './heap.js';

export const LABELS = namesOf('oap_reject_label', 1);

const fieldTextAt = (at: Pointer, lengthAt: Pointer) => textAt(u32At(at), u32At(lengthAt));

/** A refusal of one's own frame. */
function refusalAt(at: Pointer): Rejection {
  const code = u32At(at + RejectAt.code);
  const reason = LABELS[code - 1]!;
  const field = fieldTextAt(at + RejectAt.field, at + RejectAt.field_len);
  const message = `${reason}: ${field} ${fieldTextAt(at + RejectAt.detail, at + RejectAt.detail_len)}`;
  if (!boolAt(at + RejectAt.has_limit)) {
    return { reason, code, field, message };
  }
  const limit = u64At(at + RejectAt.limit);
  return { reason, code, field, limit, message: `${message} (limit ${limit})` };
}

/** The verdict on what was received. */
function rejectAt(at: Pointer): Rejection {
  const refusal = refusalAt(at);
  const [offset, known] = [u64At(at + RejectAt.offset), u64At(at + RejectAt.at)];
  const message = `${refusal.message}; frame at byte ${offset}, known at byte ${known}`;
  return { ...refusal, offset, at: known, message };
}

function askedBy(status: number, read: (at: Pointer) => Rejection): Rejection | null {
  if (status === Abi.STATUS_ABSENT) {
    return null;
  }
  succeed(status);
  return read(SCRATCH);
}

type Asking = 'oap_stream_decoder_reject' | 'oap_session_reject' | 'oap_connection_reject';
type Refusing = 'oap_session_refusal' | 'oap_connection_refusal' | 'oap_encode_refusal';

/** The reject that a handle has given, if it has. */
export const rejectOf = (ask: Asking, handle: Pointer) => askedBy(calls[ask](handle, SCRATCH), rejectAt);

/** Why a handle refused the last frame, or a frame can't be encoded. */
export const refusalOf = (ask: Refusing, handle: Pointer) => askedBy(calls[ask](handle, SCRATCH), refusalAt);

/** Whether a status is the code of a reject or refusal. */
export const isReject = (status: number) => status >= Abi.STATUS_BAD_HELLO && status <= Abi.STATUS_TRUNCATED;

/** A value out of its range. */
export function configRefusalAt(at: Pointer): ConfigRefusal {
  const field = fieldTextAt(at + ConfigErrorAt.field, at + ConfigErrorAt.field_len);
  return { field, min: u64At(at + ConfigErrorAt.min), max: u64At(at + ConfigErrorAt.max) };
}
