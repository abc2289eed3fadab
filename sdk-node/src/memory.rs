//! Memory that the JavaScript half lends for one call, to write into: it makes these arrays itself and shows them to
//! nobody. That they lie apart from what a call reads is checked here all the same.

use crate::rejection::Failure;
use napi::bindgen_prelude::{Uint32ArraySlice, Uint8ArraySlice};

pub(crate) fn words_of<'a>(
    array: &'a mut Uint32ArraySlice<'_>,
    read: &[&[u8]],
) -> Result<&'a mut [u32], Failure> {
    let start = array.as_ptr();
    apart(start.cast(), size_of_val(&**array), read)?;
    // SAFETY: no JavaScript runs during the call, and no other slice of it refers to this memory.
    Ok(unsafe { array.as_mut() })
}

pub(crate) fn bytes_of<'a>(
    array: &'a mut Uint8ArraySlice<'_>,
    read: &[&[u8]],
) -> Result<&'a mut [u8], Failure> {
    apart(array.as_ptr(), array.len(), read)?;
    // SAFETY: no JavaScript runs during the call, and no other slice of it refers to this memory.
    Ok(unsafe { array.as_mut() })
}

/// Whether the bytes from `start` on lie apart from all that is read.
fn apart(start: *const u8, len: usize, read: &[&[u8]]) -> Result<(), Failure> {
    let written = start as usize..start as usize + len;
    let overlaps = |bytes: &&[u8]| {
        !bytes.is_empty() && {
            let start = bytes.as_ptr() as usize;
            start < written.end && written.start < start + bytes.len()
        }
    };
    if read.iter().any(overlaps) {
        Err(Failure::Layout)
    } else {
        Ok(())
    }
}
