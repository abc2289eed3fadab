//! Decoding into the rows and the table of the caller.

use crate::pointer::{self, check_items, Extent, Place};
use crate::row::{oap_frame_table, oap_row};
use crate::status::{Failure, Outcome};
use oap::Row;
use std::mem::MaybeUninit;
use std::ptr;

/// The bytes that a call decodes.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub bytes: *const u8,
    pub len: usize,
}

/// Where a call writes what it found. Nothing of it need be initialized.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub rows: *mut oap_row,
    pub capacity: usize,
    pub table: *mut oap_frame_table,
}

impl Target {
    /// Decodes into the rows, and writes the table where that succeeds. `staged` is memory of the handle, which a
    /// caller may not give back to it as input.
    ///
    /// # Safety
    /// Rows and table are valid for writes, as far as they are neither NULL nor misaligned; the source is readable.
    #[inline(always)]
    pub unsafe fn decode(
        self,
        source: Source,
        staged: Extent,
        decode: impl FnOnce(&[u8], &mut [Row]) -> Result<oap_frame_table, Failure>,
    ) -> Outcome {
        let read = check_items(source.bytes, source.len)?;
        let rows = check_items(self.rows, self.capacity)?;
        // SAFETY: the caller's promise.
        let table = unsafe { Place::new(self.table) }?;
        rows.check_apart([read])?;
        table.extent().check_apart([read, rows])?;
        read.check_apart([staged])?;
        // SAFETY: checked. oap_row has the layout of Row (asserted in `row`); the core writes rows and reads none that
        // it has not written.
        let (bytes, rows) = unsafe {
            let rows = pointer::output(self.rows.cast::<Row>(), self.capacity);
            (pointer::items(source.bytes, source.len)?, rows)
        };
        let mut found = decode(bytes, rows)?;
        if source.len == 0 {
            found.bytes = source.bytes;
        }
        table.write(found);
        Ok(())
    }

    /// Likewise by rules that may refuse a frame when it stands in the first row already: where that fails, the row is
    /// as it was, even if it was uninitialized.
    ///
    /// # Safety
    /// As in `decode`.
    #[inline(always)]
    pub unsafe fn decode_by_rules(
        self,
        source: Source,
        staged: Extent,
        decode: impl FnOnce(&[u8], &mut [Row]) -> Result<oap_frame_table, Failure>,
    ) -> Outcome {
        let first = self.rows.cast::<MaybeUninit<Row>>();
        let mut before = None;
        // SAFETY: the caller's promise; `decode` calls back after it has checked the rows.
        unsafe {
            self.decode(source, staged, |bytes, rows| {
                before =
                    rows.first().map(|row| ptr::from_ref(row).cast::<MaybeUninit<Row>>().read());
                decode(bytes, rows)
            })
            .inspect_err(|_| {
                if let Some(before) = before {
                    first.write(before);
                }
            })
        }
    }
}
