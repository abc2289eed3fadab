//! The rows of a batch as a structured array, by the buffer protocol (PEP 3118).

use crate::batch::FrameBatch;
use oap::Row;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi::{PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES, PyBUF_WRITABLE, Py_buffer};
use pyo3::prelude::*;
use std::ffi::{c_int, CStr};
use std::mem::{offset_of, size_of};
use std::ptr::null_mut;

/// The fields of [`Row`] in their order, in the machine's byte order.
const FORMAT: &CStr = c"T{=Q:seq:=I:body_offset:=I:body_len:=I:text_offset:=I:value:\
=H:text_len:=H:header_len:=H:ack_window:=B:kind:=B:flags:}";

const ITEM: isize = size_of::<Row>() as isize;
static STRIDE: isize = ITEM;

// `FORMAT` says this layout.
const _: () = {
    assert!(ITEM == 32);
    assert!(offset_of!(Row, seq) == 0 && offset_of!(Row, body_offset) == 8);
    assert!(offset_of!(Row, body_len) == 12 && offset_of!(Row, text_offset) == 16);
    assert!(offset_of!(Row, value) == 20 && offset_of!(Row, text_len) == 24);
    assert!(offset_of!(Row, header_len) == 26 && offset_of!(Row, ack_window) == 28);
    assert!(offset_of!(Row, kind) == 30 && offset_of!(Row, flags) == 31);
};

/// Exports the rows of `batch` through `view`, read-only.
///
/// # Safety
/// `view` is null or one to fill, as CPython hands it to `__getbuffer__`.
pub unsafe fn export_rows(
    view: *mut Py_buffer,
    flags: c_int,
    batch: Bound<'_, FrameBatch>,
) -> PyResult<()> {
    // SAFETY: null or valid, by the contract.
    let Some(view) = (unsafe { view.as_mut() }) else {
        return Err(PyBufferError::new_err("there is no view to fill"));
    };
    view.obj = null_mut();
    if flags & PyBUF_WRITABLE == PyBUF_WRITABLE {
        return Err(PyBufferError::new_err("a FrameBatch is read-only"));
    }
    let asked = |flag| flags & flag == flag;
    let inner = batch.get();
    view.buf = inner.rows.as_ptr().cast_mut().cast();
    view.len = inner.shape * ITEM;
    view.readonly = 1;
    view.itemsize = ITEM;
    view.ndim = 1;
    view.format = if asked(PyBUF_FORMAT) { FORMAT.as_ptr().cast_mut() } else { null_mut() };
    view.shape = if asked(PyBUF_ND) { (&raw const inner.shape).cast_mut() } else { null_mut() };
    view.strides = if asked(PyBUF_STRIDES) { (&raw const STRIDE).cast_mut() } else { null_mut() };
    view.suboffsets = null_mut();
    view.internal = null_mut();
    // The view keeps the batch, and with it rows and shape, until it is released.
    view.obj = batch.into_any().into_ptr();
    Ok(())
}
