//! Handles of the C ABI beside the core objects that they stand for, and outputs whose every byte is watched.

use crate::frames::Owned;
use oap::{EncodeError, Flow, Monitor, Reject};
use oap_ffi::frame::{oap_frame, oap_hello};
use oap_ffi::reject::oap_reject;
use oap_ffi::row::{oap_frame_table, oap_row};
use oap_ffi::session::oap_flow;
use oap_ffi::status::*;
use std::mem::{size_of, MaybeUninit};
use std::ptr::{null, null_mut};
use std::sync::Arc;

/// A handle, NULL while it is not made, and its core object.
pub struct Twin<H, T> {
    pub handle: *mut H,
    pub core: Option<T>,
    free: unsafe extern "C" fn(*mut H),
}

impl<H, T> Twin<H, T> {
    pub fn none(free: unsafe extern "C" fn(*mut H)) -> Self {
        Twin { handle: null_mut(), core: None, free }
    }

    /// Makes both anew.
    pub fn make(&mut self, new: impl FnOnce(*mut *mut H) -> oap_status, core: T) {
        self.free();
        assert_eq!(new(&mut self.handle), OAP_STATUS_OK);
        self.core = Some(core);
    }

    pub fn free(&mut self) {
        // SAFETY: NULL, or made by `new` and not freed yet.
        unsafe { (self.free)(self.handle) }
        (self.handle, self.core) = (null_mut(), None);
    }

    /// Resets both.
    pub fn reset(
        &mut self,
        reset: unsafe extern "C" fn(*mut H) -> oap_status,
        core: impl FnOnce(&mut T),
    ) {
        // SAFETY: NULL or live.
        let status = unsafe { reset(self.handle) };
        assert_eq!(
            status,
            self.core.as_mut().map_or(OAP_STATUS_NULL_POINTER, |inner| {
                core(inner);
                OAP_STATUS_OK
            })
        );
    }
}

impl<H, T> Twin<H, T> {
    /// Gives both a monitor, where there is one.
    ///
    /// # Safety
    /// The monitor's handle is NULL or live, as its core object says.
    pub unsafe fn watch<M>(
        &mut self,
        set: unsafe extern "C" fn(*mut H, *const M) -> oap_status,
        monitor: *const M,
        core_monitor: Option<&Arc<Monitor>>,
        set_core: fn(&mut T, &Arc<Monitor>),
    ) {
        let status = unsafe { set(self.handle, monitor) };
        match (&mut self.core, core_monitor) {
            (Some(core), Some(monitor)) => {
                set_core(core, monitor);
                assert_eq!(status, OAP_STATUS_OK);
            }
            _ => assert_eq!(status, OAP_STATUS_NULL_POINTER),
        }
    }
}

impl<H, T> Drop for Twin<H, T> {
    fn drop(&mut self) {
        self.free();
    }
}

/// The status that a failure of the core has in C.
pub trait Status {
    fn status(&self) -> oap_status;
}

impl Status for Reject {
    fn status(&self) -> oap_status {
        self.reason().code() as oap_status
    }
}

impl Status for EncodeError {
    fn status(&self) -> oap_status {
        match self {
            EncodeError::BufferTooSmall { .. } => OAP_STATUS_BUFFER_TOO_SMALL,
            EncodeError::OutOfBounds => OAP_STATUS_OUT_OF_BOUNDS,
            refused => refused.reason().expect("a refusal").code() as oap_status,
        }
    }
}

/// NULL_POINTER where there is no core object.
pub fn status_of<T, E: Status>(result: Option<&Result<T, E>>) -> oap_status {
    match result {
        None => OAP_STATUS_NULL_POINTER,
        Some(result) => result.as_ref().err().map_or(OAP_STATUS_OK, E::status),
    }
}

const CANARY: u8 = 0xee;

/// An output of bytes, with some behind it that are nobody's.
pub struct Output {
    bytes: Vec<u8>,
    capacity: usize,
    pub size: usize,
}

impl Output {
    pub fn new(capacity: usize) -> Self {
        Output { bytes: vec![CANARY; capacity + 9], capacity, size: usize::MAX }
    }

    pub fn call(
        &mut self,
        call: impl FnOnce(*mut u8, usize, *mut usize) -> oap_status,
    ) -> oap_status {
        call(self.bytes.as_mut_ptr(), self.capacity, &mut self.size)
    }

    /// What was expected was written and told, and no byte more.
    pub fn assert_is(&self, status: oap_status, expected: Option<Result<&[u8], EncodeError>>) {
        let expected_status = expected
            .as_ref()
            .map_or(OAP_STATUS_NULL_POINTER, |e| e.as_ref().err().map_or(0, Status::status));
        assert_eq!(status, expected_status);
        let (written, size) = match expected {
            Some(Ok(bytes)) => (bytes, bytes.len()),
            Some(Err(EncodeError::BufferTooSmall { needed })) => (&[][..], needed),
            _ => (&[][..], usize::MAX),
        };
        assert_eq!(self.size, size);
        assert!(self.bytes.starts_with(written));
        assert!(self.bytes[written.len()..].iter().all(|&byte| byte == CANARY));
    }
}

/// Rows and a table to be filled.
pub struct Table {
    rows: Vec<oap_row>,
    capacity: usize,
    table: oap_frame_table,
}

impl Table {
    pub fn new(capacity: usize) -> Self {
        let row = oap_row { seq: u64::MAX, kind: CANARY, ..oap_row::default() };
        let table = oap_frame_table {
            bytes: null(),
            rows: usize::MAX,
            consumed: usize::MAX,
            need: usize::MAX,
            more: false,
        };
        Table { rows: vec![row; capacity + 1], capacity, table }
    }

    pub fn call(
        &mut self,
        call: impl FnOnce(*mut oap_row, usize, *mut oap_frame_table) -> oap_status,
    ) -> oap_status {
        call(self.rows.as_mut_ptr(), self.capacity, &mut self.table)
    }

    pub fn assert_untouched(&self) {
        assert_eq!(bytes_of(&self.rows), bytes_of(&Table::new(self.capacity).rows));
        assert_eq!((self.table.rows, self.table.need), (usize::MAX, usize::MAX));
    }

    /// The same table as the core's, with the same rows over the same bytes; or none, and nothing written.
    pub fn assert_is<E: Status>(
        &self,
        status: oap_status,
        expected: Option<&Result<oap::FrameTable<'_>, E>>,
    ) -> usize {
        assert_eq!(status, status_of(expected));
        let Some(Ok(expected)) = expected else {
            self.assert_untouched();
            return 0;
        };
        let fresh = Table::new(self.capacity);
        let told = (self.table.rows, self.table.consumed, self.table.need);
        assert_eq!(told, (expected.len(), expected.consumed(), expected.need()));
        assert_eq!(bytes_of(&self.rows[..expected.len()]), bytes_of(expected.rows()));
        assert_eq!(bytes_of(&self.rows[self.capacity..]), bytes_of(&fresh.rows[self.capacity..]));
        for row in expected.rows() {
            // SAFETY: the bytes stay until the next call with the handle.
            let bytes = unsafe {
                std::slice::from_raw_parts(self.table.bytes.add(row.offset()), row.length())
            };
            assert_eq!(bytes, &expected.bytes()[row.offset()..][..row.length()]);
        }
        expected.consumed()
    }
}

/// The bytes of values without padding.
pub fn bytes_of<T>(values: &[T]) -> &[u8] {
    // SAFETY: rows, of 32 bytes with no padding.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len() * size_of::<T>()) }
}

/// What a call gives by an output of one value.
pub fn told<T>(call: impl FnOnce(*mut T) -> oap_status) -> Result<T, oap_status> {
    let mut value = MaybeUninit::uninit();
    match call(value.as_mut_ptr()) {
        // SAFETY: outputs are written on success.
        OAP_STATUS_OK => Ok(unsafe { value.assume_init() }),
        status => Err(status),
    }
}

pub fn assert_reject(found: Result<oap_reject, oap_status>, core: Option<Option<&Reject>>) {
    let expected = match core {
        None => Err(OAP_STATUS_NULL_POINTER),
        Some(None) => Err(OAP_STATUS_ABSENT),
        Some(Some(reject)) => {
            Ok((reject.reason().code(), reject.offset(), reject.at(), reject.fault().limit_value()))
        }
    };
    let found = found.map(|reject| {
        (reject.code, reject.offset, reject.at, reject.has_limit.then_some(reject.limit))
    });
    assert_eq!(found, expected);
}

pub fn assert_flow(found: Result<oap_flow, oap_status>, core: Option<Flow>) {
    let found = found.map(|f| {
        (f.has_last_seq.then_some(f.last_seq), f.in_flight, f.window, f.credit, f.open, f.objects)
    });
    let expected = core.map(|f| (f.last_seq, f.in_flight, f.window, f.credit(), f.open, f.objects));
    assert_eq!(found, expected.ok_or(OAP_STATUS_NULL_POINTER));
}

/// A frame as C says it. A HELLO's fields stand beside it: put their address into `hello`.
pub fn frame_of(owned: &Owned) -> (oap_frame, Option<oap_hello>) {
    let mut frame = oap_frame {
        struct_size: size_of::<oap_frame>(),
        kind: owned.frame().kind() as u8,
        value: 0,
        seq: 0,
        body: null(),
        body_len: 0,
        text: null(),
        text_len: 0,
        hello: null(),
    };
    let mut say = |text: &str| (frame.text, frame.text_len) = (text.as_ptr().cast(), text.len());
    match owned {
        Owned::Hello(hello) => return (frame, Some((*hello).into())),
        Owned::Start(stream) => say(stream),
        Owned::Data { seq, obj, body } => {
            obj.iter().for_each(|obj| say(obj));
            frame.seq = *seq;
            (frame.body, frame.body_len) = (body.as_ptr(), body.len());
        }
        Owned::Ack(up_to) => frame.seq = *up_to,
        Owned::End(end) => (frame.seq, frame.value) = (end.seq, end.status),
        Owned::Error { code, reason } => {
            say(reason);
            frame.value = *code;
        }
    }
    (frame, None)
}

/// Calls with the frame that C would give.
pub fn with_frame<T>(owned: &Owned, call: impl FnOnce(*const oap_frame) -> T) -> T {
    let (mut frame, hello) = frame_of(owned);
    frame.hello = hello.as_ref().map_or(null(), |hello| hello);
    call(&frame)
}
