//! The cases of the suite, a file a section of the spec.

mod frames;
mod headers;
mod rejects;
mod sessions;

use crate::check::case::{Case, Expect};
use oap::Reason;

/// All cases, in the order of their rules.
pub fn all() -> Vec<Case> {
    [frames::cases(), headers::cases(), rejects::cases(), sessions::cases()].concat()
}

/// Rejected with that label.
const fn no(reason: Reason) -> Expect {
    Expect::Rejected(reason)
}

const MALFORMED: Expect = no(Reason::HeaderMalformed);
const OVERSIZE: Expect = no(Reason::FrameOversize);
const UNKNOWN: Expect = no(Reason::UnknownEnvelope);
const BAD_HELLO: Expect = no(Reason::BadHello);
const CREDIT: Expect = no(Reason::CreditViolation);

/// A good address.
const OBJ: &[u8] = b"b3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
