//! The details of a reject or a refusal, beyond its status.

use crate::status::{Failure, OAP_STATUS_ABSENT};
use oap::{Fault, Reject};
use std::ffi::c_char;

/// Why a frame was rejected or refused. The texts are static UTF-8 and not NUL-terminated.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_reject {
    /// Where the rejected frame starts: bytes of the stream before it. 0 in a refusal.
    pub offset: u64,
    /// Bytes of the stream that it took to know. 0 in a refusal.
    pub at: u64,
    /// The limit that was passed, if `has_limit`.
    pub limit: u64,
    /// The field at fault, in the spec's words, such as "DATA.seq".
    pub field: *const c_char,
    /// Bytes of `field`.
    pub field_len: usize,
    /// The fault, in words that read on from `field`.
    pub detail: *const c_char,
    /// Bytes of `detail`.
    pub detail_len: usize,
    /// The reject's code, 1..=8: see oap_reject_label.
    pub code: u32,
    /// Whether there is a limit.
    pub has_limit: bool,
}

impl From<&Fault> for oap_reject {
    fn from(fault: &Fault) -> Self {
        oap_reject {
            offset: 0,
            at: 0,
            limit: fault.limit_value().unwrap_or(0),
            field: fault.field().as_ptr().cast(),
            field_len: fault.field().len(),
            detail: fault.detail().as_ptr().cast(),
            detail_len: fault.detail().len(),
            code: fault.reason().code(),
            has_limit: fault.limit_value().is_some(),
        }
    }
}

impl From<&Reject> for oap_reject {
    fn from(reject: &Reject) -> Self {
        oap_reject { offset: reject.offset(), at: reject.at(), ..oap_reject::from(reject.fault()) }
    }
}

/// The value found, or the status that tells its absence.
pub(crate) fn found<T: Into<oap_reject>>(found: Option<T>) -> Result<oap_reject, Failure> {
    found.map(T::into).ok_or(Failure(OAP_STATUS_ABSENT))
}
