//! Pointer discipline: what comes from C is checked here, once, before anything is read or written.

use crate::row::oap_row;
use crate::status::{
    Failure, Outcome, OAP_STATUS_MISALIGNED, OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE,
    OAP_STATUS_OVERLAP,
};
use oap::Row;
use std::slice;

pub(crate) const NULL: Failure = Failure(OAP_STATUS_NULL_POINTER);

/// A C `bool`, by its byte: one that is neither 0 nor 1 means true, where Rust's `bool` would be undefined behaviour.
pub type c_bool = u8;

/// Where some memory of the caller lies.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    start: usize,
    bytes: usize,
}

impl Extent {
    pub const NONE: Extent = Extent { start: 0, bytes: 0 };

    #[inline(always)]
    pub fn of<T>(start: *const T, items: usize) -> Self {
        Extent { start: start as usize, bytes: items * size_of::<T>() }
    }

    #[inline(always)]
    pub fn of_slice<T>(items: &[T]) -> Self {
        Extent::of(items.as_ptr(), items.len())
    }

    /// Whether a byte is in both. No object of C wraps around the end of memory.
    #[inline(always)]
    pub const fn overlaps(self, other: Extent) -> bool {
        // How far the last byte of one is behind the first of the other: for two that are not empty this decides.
        let behind = self.start.wrapping_sub(other.start).wrapping_add(self.bytes).wrapping_sub(1);
        let both = self.bytes.wrapping_add(other.bytes).wrapping_sub(1);
        behind < both && self.and_is_not_empty(other)
    }

    #[cold]
    #[inline(never)]
    const fn and_is_not_empty(self, other: Extent) -> bool {
        self.bytes != 0 && other.bytes != 0
    }

    /// That an output overlaps none of these.
    #[inline(always)]
    pub fn check_apart<const N: usize>(self, others: [Extent; N]) -> Outcome {
        for other in others {
            if self.overlaps(other) {
                return Err(Failure(OAP_STATUS_OVERLAP));
            }
        }
        Ok(())
    }
}

/// That a pointer to one T, or to more, is not NULL and is aligned.
#[inline(always)]
pub(crate) fn check_pointer<T>(pointer: *const T) -> Outcome {
    if pointer.is_null() {
        return Err(NULL);
    }
    if pointer as usize % align_of::<T>() != 0 {
        return Err(Failure(OAP_STATUS_MISALIGNED));
    }
    Ok(())
}

/// That so many items are not more than an object can hold; and, where there are any, `check_pointer`. Returns where
/// they lie.
#[inline(always)]
pub(crate) fn check_items<T>(pointer: *const T, items: usize) -> Result<Extent, Failure> {
    if items != 0 {
        if items > isize::MAX as usize / size_of::<T>() {
            return Err(Failure(OAP_STATUS_OUT_OF_RANGE));
        }
        check_pointer(pointer)?;
    }
    Ok(Extent::of(pointer, items))
}

/// A place for one output. What it holds before is never read: it need not be initialized, nor aligned.
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    /// # Safety
    /// `pointer` is NULL or valid for a write until `write`.
    #[inline(always)]
    pub unsafe fn new(pointer: *mut T) -> Result<Self, Failure> {
        if pointer.is_null() {
            return Err(NULL);
        }
        Ok(Place(pointer))
    }

    #[inline(always)]
    pub fn extent(&self) -> Extent {
        Extent::of(self.0, 1)
    }

    #[inline(always)]
    pub fn write(self, value: T) {
        // SAFETY: `new` was promised that it is valid.
        unsafe { self.0.write_unaligned(value) }
    }
}

/// A value that C gives by pointer.
///
/// # Safety
/// `pointer` is NULL, misaligned, or holds an initialized T that stays as it is for 'a.
pub(crate) unsafe fn input<'a, T>(pointer: *const T) -> Result<&'a T, Failure> {
    check_pointer(pointer)?;
    // SAFETY: checked, and the caller's promise.
    Ok(unsafe { &*pointer })
}

/// Pointer and length; (NULL, 0) is empty.
///
/// # Safety
/// Where it is neither NULL nor misaligned, so many initialized items stand there and stay as they are for 'a.
#[inline(always)]
pub(crate) unsafe fn items<'a, T>(pointer: *const T, len: usize) -> Result<&'a [T], Failure> {
    check_items(pointer, len)?;
    // SAFETY: checked, and the caller's promise.
    Ok(unsafe { slice(pointer, len) })
}

/// Items that `check_items` has seen.
///
/// # Safety
/// As in `items`.
#[inline(always)]
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, len: usize) -> &'a [T] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(pointer, len) }
}

/// Whether a structure of a later version says nothing in the fields from byte `known` on.
///
/// # Safety
/// So many initialized bytes stand there.
pub(crate) unsafe fn is_zero_from<T>(pointer: *const T, known: usize, size: usize) -> bool {
    // SAFETY: the caller's promise.
    (known..size).all(|at| unsafe { pointer.cast::<u8>().add(at).read() } == 0)
}

/// Rows to be read, as the core sees them.
///
/// # Safety
/// As in `items`.
pub(crate) unsafe fn rows<'a>(rows: *const oap_row, len: usize) -> Result<&'a [Row], Failure> {
    // SAFETY: oap_row has the layout of Row (asserted in `row`); the rest is the caller's promise.
    unsafe { items(rows.cast::<Row>(), len) }
}

/// The bytes of an output that `check_items` has seen.
///
/// # Safety
/// So many bytes may be written there, by the holder of the slice alone; they may be uninitialized, if it does not read
/// what it has not written.
#[inline(always)]
pub(crate) unsafe fn output<'a, T>(pointer: *mut T, items: usize) -> &'a mut [T] {
    if items == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts_mut(pointer, items) }
}

#[cfg(test)]
mod tests {
    use super::Extent;

    const PLACES: usize = 7;
    /// Both ends of memory and the middle, where a signed number would turn.
    const ORIGINS: [usize; 3] = [0, isize::MAX as usize - PLACES, usize::MAX - 2 * PLACES];

    /// Every extent of up to seven bytes at seven places, at each origin, beside every other.
    #[test]
    fn overlap_is_a_byte_in_both() {
        let extents = || {
            let at = |origin| (0..PLACES).map(move |place| origin + place);
            ORIGINS
                .into_iter()
                .flat_map(at)
                .flat_map(|start| (0..PLACES).map(move |bytes| Extent { start, bytes }))
        };
        for (one, other) in extents().flat_map(|one| extents().map(move |other| (one, other))) {
            let shared = (0..one.bytes)
                .any(|at| (0..other.bytes).any(|there| one.start + at == other.start + there));
            assert_eq!(one.overlaps(other), shared, "{} {}", one.start, other.start);
        }
    }

    /// Lengths that no object of C has, up to the whole of memory, beside a byte at every border.
    #[test]
    fn an_extent_of_half_of_memory_and_more_overlaps_what_lies_in_it() {
        for start in [1, 9] {
            for bytes in [isize::MAX as usize, isize::MAX as usize + 1, usize::MAX - start] {
                let large = Extent { start, bytes };
                for place in [start, start + 1, start + bytes - 1] {
                    let byte = Extent { start: place, bytes: 1 };
                    assert!(
                        large.overlaps(byte) && byte.overlaps(large),
                        "{start} {bytes} {place}"
                    );
                }
                for place in [start - 1, start + bytes] {
                    let byte = Extent { start: place, bytes: 1 };
                    assert!(
                        !large.overlaps(byte) && !byte.overlaps(large),
                        "{start} {bytes} {place}"
                    );
                }
            }
        }
    }
}
