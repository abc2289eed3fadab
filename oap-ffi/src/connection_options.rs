//! Limits of a connection.

use crate::config::oap_config_error;
use crate::handle::guard;
use crate::pointer::{c_bool, check_pointer, is_zero_from, Extent, Place};
use crate::status::{oap_status, Failure, OAP_STATUS_OUT_OF_RANGE};
use oap::{ConfigError, ConnectionOptions};
use std::mem::offset_of;

/// Limits of a connection: docs/connection.md. Times are nanoseconds, sizes are bytes. Fill it by
/// oap_connection_options_init, then change what you want to.
///
/// A later version of the structure may have more fields at its end; `struct_size` tells which one the caller knows.
/// Where the caller knows fields that the library does not, they must be 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_connection_options {
    /// sizeof(oap_connection_options).
    pub struct_size: usize,
    /// How long the peer may take to send its HELLO. Default 10 s; at least 1.
    pub handshake_timeout_ns: u64,
    /// How long no byte may pass either way. 0, the default, is for ever.
    pub idle_timeout_ns: u64,
    /// How long both sides may wait for each other's credit. Default 30 s; at least 1.
    pub stall_timeout_ns: u64,
    /// How long a close may take. Default 10 s; at least 1.
    pub close_timeout_ns: u64,
    /// Received and untaken bytes from which on nothing is read. Default 1 MiB; 1..=2^32.
    pub receive_buffer: u64,
    /// The same while a send waits for credit. Default 64 MiB; 1..=2^32.
    pub receive_limit: u64,
    /// Bytes that wait to be written, from which on a send waits for room. Default 256 KiB; 1..=2^32.
    pub send_buffer: u64,
    /// Whether what is taken is acknowledged without a call. Default true.
    pub auto_ack: c_bool,
}

const LEAST_SIZE: usize = offset_of!(oap_connection_options, auto_ack) + 1;
/// No later version is as large.
const LARGEST_SIZE: usize = 4_096;

impl From<ConnectionOptions> for oap_connection_options {
    fn from(options: ConnectionOptions) -> Self {
        oap_connection_options {
            struct_size: size_of::<oap_connection_options>(),
            handshake_timeout_ns: options.handshake_timeout_ns(),
            idle_timeout_ns: options.idle_timeout_ns(),
            stall_timeout_ns: options.stall_timeout_ns(),
            close_timeout_ns: options.close_timeout_ns(),
            receive_buffer: options.receive_buffer(),
            receive_limit: options.receive_limit(),
            send_buffer: options.send_buffer(),
            auto_ack: options.auto_ack().into(),
        }
    }
}

impl oap_connection_options {
    fn checked(&self) -> Result<ConnectionOptions, ConfigError> {
        ConnectionOptions::default()
            .with_auto_ack(self.auto_ack != 0)
            .with_handshake_timeout_ns(self.handshake_timeout_ns)?
            .with_idle_timeout_ns(self.idle_timeout_ns)?
            .with_stall_timeout_ns(self.stall_timeout_ns)?
            .with_close_timeout_ns(self.close_timeout_ns)?
            .with_receive_buffer(self.receive_buffer)?
            .with_receive_limit(self.receive_limit)?
            .with_send_buffer(self.send_buffer)
    }
}

/// The options that C gives; NULL means the defaults.
///
/// # Safety
/// `options` is NULL, misaligned, or holds `struct_size` initialized bytes.
pub(crate) unsafe fn options_of(
    options: *const oap_connection_options,
) -> Result<ConnectionOptions, Failure> {
    if options.is_null() {
        return Ok(ConnectionOptions::default());
    }
    // SAFETY: the caller's promise.
    unsafe { read(options) }?.checked().map_err(|_| Failure(OAP_STATUS_OUT_OF_RANGE))
}

/// # Safety
/// As in `options_of`.
unsafe fn read(options: *const oap_connection_options) -> Result<oap_connection_options, Failure> {
    check_pointer(options)?;
    // SAFETY: the caller's promise, and a structure that is known has all fields; what follows the last is padding.
    unsafe {
        match is_known(options) {
            true => Ok(*options),
            false => Err(Failure(OAP_STATUS_OUT_OF_RANGE)),
        }
    }
}

/// Whether the structure is one that the library understands.
///
/// # Safety
/// `options` holds `struct_size` initialized bytes.
unsafe fn is_known(options: *const oap_connection_options) -> bool {
    // SAFETY: the caller's promise; the size comes first.
    unsafe {
        let size = (*options).struct_size;
        (LEAST_SIZE..=LARGEST_SIZE).contains(&size)
            && is_zero_from(options, size_of::<oap_connection_options>(), size)
    }
}

/// Sets all options to their defaults.
///
/// @param options  where they go
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_connection_options_init(
    options: *mut oap_connection_options,
) -> oap_status {
    guard(|| {
        // SAFETY: the caller keeps the header's promises.
        unsafe { Place::new(options) }?.write(ConnectionOptions::default().into());
        Ok(())
    })
}

/// Checks options before they are used, and writes which is out of its range.
///
/// @param options  what to check
/// @param error    the first field that is out of its range: written on OAP_STATUS_OUT_OF_RANGE only
/// @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OVERLAP
#[no_mangle]
pub unsafe extern "C" fn oap_connection_options_check(
    options: *const oap_connection_options,
    error: *mut oap_config_error,
) -> oap_status {
    guard(|| {
        check_pointer(options)?;
        // SAFETY: the caller keeps the header's promises.
        let place = unsafe { Place::new(error) }?;
        place.extent().check_apart([Extent::of(options, 1)])?;
        // SAFETY: likewise.
        unsafe { error_of(options) }.map_or(Ok(()), |error| {
            place.write(error);
            Err(Failure(OAP_STATUS_OUT_OF_RANGE))
        })
    })
}

/// # Safety
/// As in `is_known`.
unsafe fn error_of(options: *const oap_connection_options) -> Option<oap_config_error> {
    // SAFETY: the caller's promise; a structure that is known has all fields.
    unsafe {
        if !is_known(options) {
            return Some(struct_size_error((*options).struct_size));
        }
        (*options).checked().err().map(|error| (&error).into())
    }
}

fn struct_size_error(size: usize) -> oap_config_error {
    const FIELD: &str = "struct_size";
    oap_config_error {
        field: FIELD.as_ptr().cast(),
        field_len: FIELD.len(),
        value: size as u64,
        min: LEAST_SIZE as u64,
        max: size_of::<oap_connection_options>() as u64,
    }
}
