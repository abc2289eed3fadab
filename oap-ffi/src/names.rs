//! Versions, limits and the static strings of the contract.

use crate::pointer::c_bool;
use crate::status::*;
use oap::{
    ConnectionState, Kind, Reason, END_REASONS, HISTOGRAM_BOUNDS_NS, METRICS, READINESS_KEYS,
    TEXT_CONTENT_TYPE,
};
use std::ffi::{c_char, CStr};
use std::ptr;

/// The ABI's major version, which the soname carries: it moves only on an incompatible change.
pub const OAP_ABI_MAJOR: u32 = 1;
/// The ABI's minor version: it moves when something is added.
pub const OAP_ABI_MINOR: u32 = 0;
/// `OAP_ABI_MAJOR << 16 | OAP_ABI_MINOR` of this header.
pub const OAP_ABI_VERSION: u32 = 0x0001_0000;

/// Bytes of the largest frame, prefix included: 1 MiB. It can be configured lower, never higher.
pub const OAP_MAX_FRAME_BYTES: usize = 1_048_576;
/// Bytes of the smallest `max_frame` a side may advertise.
pub const OAP_MIN_MAX_FRAME: usize = 4_096;
/// Bytes of the longest header.
pub const OAP_MAX_HEADER_BYTES: usize = 2_048;
/// Bytes of the prefix that starts every frame.
pub const OAP_PREFIX_BYTES: usize = 8;
/// An output of this many bytes, plus those of the body, holds any frame that is encoded.
pub const OAP_MAX_HEAD_BYTES: usize = 1_039;
/// A good size for a host's reads and writes. A hint, never a limit.
pub const OAP_STREAM_CHUNK_BYTES: usize = 65_536;
/// The `ack_window` that a HELLO without one means, in DATA frames.
pub const OAP_DEFAULT_ACK_WINDOW: u32 = 32;
/// The largest `ack_window`, in DATA frames.
pub const OAP_MAX_ACK_WINDOW: u32 = 1_024;
/// The version of the protocol that a HELLO says.
pub const OAP_PROTOCOL_VERSION: u32 = 1;

const _: () = assert!(
    OAP_ABI_VERSION == OAP_ABI_MAJOR << 16 | OAP_ABI_MINOR
        && OAP_MAX_FRAME_BYTES == oap::MAX_FRAME_BYTES
        && OAP_MIN_MAX_FRAME == oap::MIN_MAX_FRAME
        && OAP_MAX_HEADER_BYTES == oap::MAX_HEADER_BYTES
        && OAP_PREFIX_BYTES == oap::PREFIX_BYTES
        && OAP_MAX_HEAD_BYTES == oap::MAX_HEAD_BYTES
        && OAP_STREAM_CHUNK_BYTES == oap::STREAM_CHUNK_BYTES
        && OAP_DEFAULT_ACK_WINDOW == oap::DEFAULT_ACK_WINDOW
        && OAP_MAX_ACK_WINDOW == oap::MAX_ACK_WINDOW
        && OAP_PROTOCOL_VERSION == oap::VERSION
);

/// A core string as a static C string.
macro_rules! c_string {
    ($text:expr) => {{
        const TEXT: &str = $text;
        static BYTES: [u8; TEXT.len() + 1] = with_nul(TEXT);
        BYTES.as_ptr().cast::<c_char>()
    }};
}

const fn with_nul<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut i = 0;
    while i < text.len() {
        bytes[i] = text.as_bytes()[i];
        i += 1;
    }
    bytes
}

/// The ABI version of the library that was loaded: compare its upper 16 bits with OAP_ABI_MAJOR. Any thread.
#[no_mangle]
pub extern "C" fn oap_abi_version() -> u32 {
    OAP_ABI_VERSION
}

/// The release of the library that was loaded, such as "0.1.0". Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_version() -> *const c_char {
    c_string!(env!("CARGO_PKG_VERSION"))
}

/// The name of a status, such as "OAP_STATUS_OK"; "OAP_STATUS_UNKNOWN" for a value that this version does not know.
/// Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_status_name(status: oap_status) -> *const c_char {
    let name: &'static CStr = match status {
        OAP_STATUS_OK => c"OAP_STATUS_OK",
        OAP_STATUS_BAD_HELLO => c"OAP_STATUS_BAD_HELLO",
        OAP_STATUS_BAD_HELLO_PQ => c"OAP_STATUS_BAD_HELLO_PQ",
        OAP_STATUS_FRAME_OVERSIZE => c"OAP_STATUS_FRAME_OVERSIZE",
        OAP_STATUS_UNKNOWN_ENVELOPE => c"OAP_STATUS_UNKNOWN_ENVELOPE",
        OAP_STATUS_HEADER_MALFORMED => c"OAP_STATUS_HEADER_MALFORMED",
        OAP_STATUS_MISSING_OBJ => c"OAP_STATUS_MISSING_OBJ",
        OAP_STATUS_CREDIT_VIOLATION => c"OAP_STATUS_CREDIT_VIOLATION",
        OAP_STATUS_TRUNCATED => c"OAP_STATUS_TRUNCATED",
        OAP_STATUS_NULL_POINTER => c"OAP_STATUS_NULL_POINTER",
        OAP_STATUS_OUT_OF_RANGE => c"OAP_STATUS_OUT_OF_RANGE",
        OAP_STATUS_BUFFER_TOO_SMALL => c"OAP_STATUS_BUFFER_TOO_SMALL",
        OAP_STATUS_OVERLAP => c"OAP_STATUS_OVERLAP",
        OAP_STATUS_ABSENT => c"OAP_STATUS_ABSENT",
        OAP_STATUS_OUT_OF_BOUNDS => c"OAP_STATUS_OUT_OF_BOUNDS",
        OAP_STATUS_INTERNAL => c"OAP_STATUS_INTERNAL",
        OAP_STATUS_POISONED => c"OAP_STATUS_POISONED",
        OAP_STATUS_MISALIGNED => c"OAP_STATUS_MISALIGNED",
        OAP_STATUS_NO_MEMORY => c"OAP_STATUS_NO_MEMORY",
        OAP_STATUS_WAITS_HANDSHAKE => c"OAP_STATUS_WAITS_HANDSHAKE",
        OAP_STATUS_WAITS_CREDIT => c"OAP_STATUS_WAITS_CREDIT",
        OAP_STATUS_WAITS_ROOM => c"OAP_STATUS_WAITS_ROOM",
        OAP_STATUS_CLOSED => c"OAP_STATUS_CLOSED",
        _ => c"OAP_STATUS_UNKNOWN",
    };
    name.as_ptr()
}

/// The label of a reject, such as "bad_hello"; NULL where `code` is not 1..=8. A status of 1..=8 is such a code.
/// Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_reject_label(code: u32) -> *const c_char {
    match code {
        1 => c_string!(Reason::BadHello.label()),
        2 => c_string!(Reason::BadHelloPq.label()),
        3 => c_string!(Reason::FrameOversize.label()),
        4 => c_string!(Reason::UnknownEnvelope.label()),
        5 => c_string!(Reason::HeaderMalformed.label()),
        6 => c_string!(Reason::MissingObj.label()),
        7 => c_string!(Reason::CreditViolation.label()),
        8 => c_string!(Reason::Truncated.label()),
        _ => ptr::null(),
    }
}

/// The name of an end reason, such as "clean"; NULL where `reason` is none of OAP_END_CLEAN to OAP_END_ABORTED. Static,
/// NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_end_reason_name(reason: u8) -> *const c_char {
    match reason {
        1 => c_string!(END_REASONS[0]),
        2 => c_string!(END_REASONS[1]),
        3 => c_string!(END_REASONS[2]),
        4 => c_string!(END_REASONS[3]),
        5 => c_string!(END_REASONS[4]),
        6 => c_string!(END_REASONS[5]),
        7 => c_string!(END_REASONS[6]),
        8 => c_string!(END_REASONS[7]),
        9 => c_string!(END_REASONS[8]),
        10 => c_string!(END_REASONS[9]),
        11 => c_string!(END_REASONS[10]),
        _ => ptr::null(),
    }
}

/// The name of a connection's state, such as "open"; NULL where `state` is none of OAP_CONNECTION_HANDSHAKE to
/// OAP_CONNECTION_ENDED. Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_connection_state_name(state: u8) -> *const c_char {
    match state {
        0 => c_string!(ConnectionState::Handshake.name()),
        1 => c_string!(ConnectionState::Open.name()),
        2 => c_string!(ConnectionState::PeerClosed.name()),
        3 => c_string!(ConnectionState::Closing.name()),
        4 => c_string!(ConnectionState::Shut.name()),
        5 => c_string!(ConnectionState::Ended.name()),
        _ => ptr::null(),
    }
}

/// The name of a kind, such as "HELLO"; NULL where `kind` is not 1..=6. Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_kind_name(kind: u8) -> *const c_char {
    match Kind::from_byte(kind) {
        Some(Kind::Hello) => c_string!(Kind::Hello.name()),
        Some(Kind::Start) => c_string!(Kind::Start.name()),
        Some(Kind::Data) => c_string!(Kind::Data.name()),
        Some(Kind::Ack) => c_string!(Kind::Ack.name()),
        Some(Kind::End) => c_string!(Kind::End.name()),
        Some(Kind::Error) => c_string!(Kind::Error.name()),
        None => ptr::null(),
    }
}

/// The metric names of the telemetry contract, by index from 0; NULL past the last. Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_metric_name(index: usize) -> *const c_char {
    match index {
        0 => c_string!(METRICS[0]),
        1 => c_string!(METRICS[1]),
        2 => c_string!(METRICS[2]),
        3 => c_string!(METRICS[3]),
        4 => c_string!(METRICS[4]),
        5 => c_string!(METRICS[5]),
        6 => c_string!(METRICS[6]),
        7 => c_string!(METRICS[7]),
        8 => c_string!(METRICS[8]),
        9 => c_string!(METRICS[9]),
        _ => ptr::null(),
    }
}

/// The readiness keys of the telemetry contract, by index from 0, in the order in which a host lists the missing ones;
/// NULL past the last. Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_readiness_key(index: usize) -> *const c_char {
    match index {
        0 => c_string!(READINESS_KEYS[0]),
        1 => c_string!(READINESS_KEYS[1]),
        2 => c_string!(READINESS_KEYS[2]),
        3 => c_string!(READINESS_KEYS[3]),
        _ => ptr::null(),
    }
}

/// The upper bound of a histogram's bucket, in nanoseconds; UINT64_MAX from the last bucket on. Any thread.
#[no_mangle]
pub extern "C" fn oap_histogram_bound_ns(index: usize) -> u64 {
    HISTOGRAM_BOUNDS_NS.get(index).copied().unwrap_or(u64::MAX)
}

/// The content type of oap_monitor_text's page. Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_text_content_type() -> *const c_char {
    c_string!(TEXT_CONTENT_TYPE)
}

/// The header lines of the answer on `/readyz`, each with its CRLF, for an oap_readiness.ready: the content type and,
/// where it is false, `Retry-After`. Static, NUL-terminated. Any thread.
#[no_mangle]
pub extern "C" fn oap_readyz_headers(ready: c_bool) -> *const c_char {
    let lines = match ready != 0 {
        true => c"Content-Type: application/json\r\n",
        false => c"Content-Type: application/json\r\nRetry-After: 5\r\n",
    };
    lines.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pointer: *const c_char) -> Option<&'static str> {
        // SAFETY: every function here gives NULL or a static C string.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_str().unwrap())
    }

    #[test]
    fn labels_kinds_metrics_and_keys_are_the_cores() {
        let listed = |name: &dyn Fn(usize) -> *const c_char, first| -> Vec<_> {
            (first..).map_while(|i| text(name(i))).collect()
        };
        let labels = listed(&|i| oap_reject_label(i as u32), 1);
        assert_eq!(labels, Reason::ALL.map(Reason::label));
        assert_eq!(listed(&|i| oap_kind_name(i as u8), 1), Kind::ALL.map(Kind::name));
        assert_eq!(listed(&|i| oap_metric_name(i), 0), METRICS);
        assert_eq!(listed(&|i| oap_readiness_key(i), 0), READINESS_KEYS);
        assert_eq!(text(oap_reject_label(0)), None);
        assert_eq!(text(oap_kind_name(0)), None);
        assert_eq!(listed(&|i| oap_end_reason_name(i as u8), 1), END_REASONS);
        let states = listed(&|i| oap_connection_state_name(i as u8), 0);
        assert_eq!(states, ConnectionState::ALL.map(ConnectionState::name));
    }

    #[test]
    fn every_reject_is_a_status_of_the_same_code_and_name() {
        for reason in Reason::ALL {
            let name = format!("OAP_STATUS_{}", reason.label().to_uppercase());
            assert_eq!(text(oap_status_name(reason.code() as oap_status)), Some(&*name));
        }
    }
}
