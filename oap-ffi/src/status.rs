//! The one status that every fallible function returns.

use oap::{EncodeError, Fault, Reject};

/// The outcome of a call. 0 is success, 1..=8 are the rejects of OAP/1 with their codes, the rest are faults of the
/// call. Values are never reused; unknown ones may come from later versions: treat them as failure.
pub type oap_status = i32;

/// Success.
pub const OAP_STATUS_OK: oap_status = 0;
/// Reject `bad_hello`.
pub const OAP_STATUS_BAD_HELLO: oap_status = 1;
/// Reject `bad_hello_pq`.
pub const OAP_STATUS_BAD_HELLO_PQ: oap_status = 2;
/// Reject `frame_oversize`.
pub const OAP_STATUS_FRAME_OVERSIZE: oap_status = 3;
/// Reject `unknown_envelope`.
pub const OAP_STATUS_UNKNOWN_ENVELOPE: oap_status = 4;
/// Reject `header_malformed`.
pub const OAP_STATUS_HEADER_MALFORMED: oap_status = 5;
/// Reject `missing_obj`.
pub const OAP_STATUS_MISSING_OBJ: oap_status = 6;
/// Reject `credit_violation`.
pub const OAP_STATUS_CREDIT_VIOLATION: oap_status = 7;
/// Reject `truncated`.
pub const OAP_STATUS_TRUNCATED: oap_status = 8;
/// A pointer is NULL that must not be. Nothing was done.
pub const OAP_STATUS_NULL_POINTER: oap_status = 16;
/// A value or a length is out of its range. Nothing was done.
pub const OAP_STATUS_OUT_OF_RANGE: oap_status = 17;
/// The output is too small; the call says how many bytes it takes. Nothing else was done.
pub const OAP_STATUS_BUFFER_TOO_SMALL: oap_status = 18;
/// An output overlaps an input or another output, or an input is a handle's own staging buffer. Nothing was done.
pub const OAP_STATUS_OVERLAP: oap_status = 19;
/// There is nothing to tell: no reject, no refusal, no configuration error.
pub const OAP_STATUS_ABSENT: oap_status = 20;
/// A row names bytes that its buffer does not have. Nothing was done.
pub const OAP_STATUS_OUT_OF_BOUNDS: oap_status = 21;
/// A bug in liboap was caught. A handle that the call may have changed is poisoned: free it, or reset it where it has a
/// reset.
pub const OAP_STATUS_INTERNAL: oap_status = 22;
/// The handle was poisoned by an earlier OAP_STATUS_INTERNAL.
pub const OAP_STATUS_POISONED: oap_status = 23;

/// A pointer is not aligned as its type asks. Nothing was done.
pub const OAP_STATUS_MISALIGNED: oap_status = 24;
/// There is no memory for a new handle. Nothing was done.
pub const OAP_STATUS_NO_MEMORY: oap_status = 25;

/// The send waits for the peer's HELLO. Nothing was queued.
pub const OAP_STATUS_WAITS_HANDSHAKE: oap_status = 26;
/// The send waits for an acknowledgement of the peer. Nothing was queued.
pub const OAP_STATUS_WAITS_CREDIT: oap_status = 27;
/// The send waits for room among the bytes that wait to be written. Nothing was queued.
pub const OAP_STATUS_WAITS_ROOM: oap_status = 28;
/// The connection closes or has ended. Nothing was queued.
pub const OAP_STATUS_CLOSED: oap_status = 29;

/// A status other than success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure(pub oap_status);

/// The outcome of a call, inside.
pub type Outcome = Result<(), Failure>;

impl From<&Fault> for Failure {
    fn from(fault: &Fault) -> Self {
        Failure(fault.reason().code() as oap_status)
    }
}

impl From<Reject> for Failure {
    fn from(reject: Reject) -> Self {
        Failure::from(reject.fault())
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Refused(fault) => Failure::from(&fault),
            EncodeError::BufferTooSmall { .. } => Failure(OAP_STATUS_BUFFER_TOO_SMALL),
            EncodeError::OutOfBounds => Failure(OAP_STATUS_OUT_OF_BOUNDS),
            _ => Failure(OAP_STATUS_INTERNAL),
        }
    }
}

pub(crate) fn status_of(outcome: Outcome) -> oap_status {
    match outcome {
        Ok(()) => OAP_STATUS_OK,
        Err(Failure(status)) => status,
    }
}
