//! A reject or a refusal, as an object that JavaScript makes its errors of.

use napi::bindgen_prelude::{BigInt, Error, Result, Status};
use napi_derive::napi;
use oap::{EncodeError, Fault, Reject};

/// A refusal of one's own frame, or the verdict on what was received.
#[napi(object, object_from_js = false)]
pub struct Rejection {
    /// The label.
    pub reason: &'static str,
    /// The code of an ERROR frame sent for it.
    pub code: u32,
    /// The field at fault, in the spec's words.
    pub field: &'static str,
    /// The limit that was passed.
    pub limit: Option<BigInt>,
    /// Where the rejected frame starts in the stream.
    pub offset: Option<BigInt>,
    /// Bytes of the stream that it took to know.
    pub at: Option<BigInt>,
    /// All of it in a sentence.
    pub message: String,
}

impl Rejection {
    pub(crate) fn of_fault(fault: &Fault) -> Self {
        Rejection {
            reason: fault.reason().label(),
            code: fault.reason().code(),
            field: fault.field(),
            limit: fault.limit_value().map(BigInt::from),
            offset: None,
            at: None,
            message: fault.to_string(),
        }
    }

    pub(crate) fn of_reject(reject: &Reject) -> Self {
        Rejection {
            offset: Some(reject.offset().into()),
            at: Some(reject.at().into()),
            message: reject.to_string(),
            ..Rejection::of_fault(reject.fault())
        }
    }

    /// A refusal is the user's to see; anything else is a fault of the JavaScript half.
    pub(crate) fn of_refusal(error: EncodeError) -> Result<Self> {
        match error {
            EncodeError::Refused(fault) => Ok(Rejection::of_fault(&fault)),
            other => Err(Error::new(Status::GenericFailure, other)),
        }
    }
}

/// Why frames were not encoded.
pub(crate) enum Failure {
    Refused(EncodeError),
    /// Words, offsets or memory that the JavaScript half must not pass.
    Layout,
}

impl Failure {
    /// A fault of the JavaScript half, whatever the user did.
    pub fn into_error(self) -> Error {
        Error::new(Status::InvalidArg, "not a frame's layout")
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Failure::Refused(error)
    }
}
