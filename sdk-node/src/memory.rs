//! Memory that the JavaScript half lends for one call, to write into: it makes these arrays itself, shows them to
//! nobody, and never passes one twice in a call.

use napi::bindgen_prelude::{Uint32ArraySlice, Uint8ArraySlice};

pub(crate) fn words_of<'a>(array: &'a mut Uint32ArraySlice<'_>) -> &'a mut [u32] {
    // SAFETY: no JavaScript runs during the call, and nothing else refers to the memory (see above).
    unsafe { array.as_mut() }
}

pub(crate) fn bytes_of<'a>(array: &'a mut Uint8ArraySlice<'_>) -> &'a mut [u8] {
    // SAFETY: as above.
    unsafe { array.as_mut() }
}
