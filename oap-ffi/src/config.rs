//! The configuration of a decoder or session: the frames it takes, and the values of its HELLO.

use crate::handle::{self, opaque, Handle};
use crate::pointer::c_bool;
use crate::status::{oap_status, Failure, Outcome, OAP_STATUS_ABSENT, OAP_STATUS_OUT_OF_RANGE};
use oap::{Config, ConfigError, SeqRolloverPolicy};
use std::ffi::c_char;
use std::ops::RangeInclusive;

/// After seq 2^64 - 1 no DATA may follow. The default.
pub const OAP_SEQ_ROLLOVER_ERROR: i32 = 0;
/// After seq 2^64 - 1 comes 0.
pub const OAP_SEQ_ROLLOVER_WRAP: i32 = 1;

/// A configuration. It starts with the defaults; each setter checks its value, so what it holds is always valid.
///
/// Owner: the caller, from oap_config_new to oap_config_free. Decoders and sessions copy it when they are made: it may
/// be freed or changed afterwards. One thread at a time; a configuration that nobody changes may be read by many.
pub struct oap_config(Handle<Settings>);

opaque!(oap_config, Settings);

#[derive(Default)]
pub(crate) struct Settings {
    pub config: Config,
    refused: Option<Refused>,
}

impl Settings {
    fn set(&mut self, set: Result<Config, ConfigError>) -> Outcome {
        match set {
            Ok(config) => self.config = config,
            Err(error) => {
                let (field, value) = (error.field(), error.value());
                return Err(self.refuse(Refused { field, value, range: error.range().clone() }));
            }
        }
        self.refused = None;
        Ok(())
    }

    fn refuse(&mut self, refused: Refused) -> Failure {
        self.refused = Some(refused);
        Failure(OAP_STATUS_OUT_OF_RANGE)
    }
}

/// The value that the last setter refused.
struct Refused {
    field: &'static str,
    value: u64,
    range: RangeInclusive<u64>,
}

/// The value that a setter refused.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_config_error {
    /// The name of the field. Static UTF-8, not NUL-terminated.
    pub field: *const c_char,
    /// Bytes of `field`.
    pub field_len: usize,
    /// The value refused.
    pub value: u64,
    /// The least value allowed.
    pub min: u64,
    /// The greatest value allowed.
    pub max: u64,
}

impl From<&ConfigError> for oap_config_error {
    fn from(error: &ConfigError) -> Self {
        oap_config_error {
            field: error.field().as_ptr().cast(),
            field_len: error.field().len(),
            value: error.value(),
            min: *error.range().start(),
            max: *error.range().end(),
        }
    }
}

impl From<&Refused> for oap_config_error {
    fn from(refused: &Refused) -> Self {
        oap_config_error {
            field: refused.field.as_ptr().cast(),
            field_len: refused.field.len(),
            value: refused.value,
            min: *refused.range.start(),
            max: *refused.range.end(),
        }
    }
}

/// The configuration of a handle to be made; NULL means the defaults.
///
/// # Safety
/// `config` is NULL or live.
pub(crate) unsafe fn config_of(config: *const oap_config) -> Result<Config, Failure> {
    if config.is_null() {
        return Ok(Config::default());
    }
    // SAFETY: the caller's promise.
    unsafe { handle::copy_of(config, |settings: &Settings| &settings.config) }
}

/// Makes a configuration that holds the defaults.
///
/// @param config  where its handle goes; free it with oap_config_free
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_new(config: *mut *mut oap_config) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::make(config, || Ok(Settings::default())) }
}

/// Frees a configuration. NULL does nothing.
#[no_mangle]
pub unsafe extern "C" fn oap_config_free(config: *mut oap_config) {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::free(config) }
}

/// Whether headers must be canonical (true, the default), or relaxed ones are taken too: for interop labs.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_set_strict_headers(
    config: *mut oap_config,
    strict: c_bool,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(config, |s| s.set(Ok(s.config.with_strict_headers(strict != 0)))) }
}

/// Whether DATA on an object stream needs an `obj`. Default true.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_set_enforce_obj_header_on_objects(
    config: *mut oap_config,
    enforce: c_bool,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(config, |s| {
            s.set(Ok(s.config.with_enforce_obj_header_on_objects(enforce != 0)))
        })
    }
}

/// Whether a received HELLO may have feature bits set. Default true.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_set_allow_pq_hello_flags(
    config: *mut oap_config,
    allow: c_bool,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(config, |s| s.set(Ok(s.config.with_allow_pq_hello_flags(allow != 0)))) }
}

/// The rule for the seq after 2^64 - 1.
///
/// @param policy  OAP_SEQ_ROLLOVER_ERROR (the default) or OAP_SEQ_ROLLOVER_WRAP
/// @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_set_seq_rollover_policy(
    config: *mut oap_config,
    policy: i32,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::with(config, |s| {
            let policy = match policy {
                OAP_SEQ_ROLLOVER_ERROR => SeqRolloverPolicy::Error,
                OAP_SEQ_ROLLOVER_WRAP => SeqRolloverPolicy::Wrap,
                other => {
                    return Err(s.refuse(Refused {
                        field: "seq_rollover_policy",
                        value: other as u64,
                        range: 0..=OAP_SEQ_ROLLOVER_WRAP as u64,
                    }));
                }
            };
            s.set(Ok(s.config.with_seq_rollover_policy(policy)))
        })
    }
}

/// DATA frames taken unacknowledged; the HELLO says so.
///
/// @param frames  1..=1024; default 32
/// @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE (oap_config_get_error says more), OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_set_ack_window_frames(
    config: *mut oap_config,
    frames: u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(config, |s| s.set(s.config.with_ack_window_frames(frames))) }
}

/// Bytes of the largest frame taken, prefix included; the HELLO says so.
///
/// @param bytes  4096..=1048576; default 1048576
/// @return OAP_STATUS_OK, OAP_STATUS_OUT_OF_RANGE (oap_config_get_error says more), OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_set_max_frame(
    config: *mut oap_config,
    bytes: u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(config, |s| s.set(s.config.with_max_frame(bytes))) }
}

/// The feature bits that the HELLO says. Opaque: carried and never interpreted. Default: none said.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_set_features(
    config: *mut oap_config,
    features: u64,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(config, |s| s.set(Ok(s.config.with_features(Some(features))))) }
}

/// The HELLO says no feature bits: the default.
///
/// @return OAP_STATUS_OK, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_unset_features(config: *mut oap_config) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe { handle::with(config, |s| s.set(Ok(s.config.with_features(None)))) }
}

/// The value that the last setter refused: field, value and range.
///
/// @param error  where it goes
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the last setter succeeded, OAP_STATUS_NULL_POINTER
#[no_mangle]
pub unsafe extern "C" fn oap_config_get_error(
    config: *const oap_config,
    error: *mut oap_config_error,
) -> oap_status {
    // SAFETY: the caller keeps the header's promises.
    unsafe {
        handle::write_value(config, error, |settings| {
            Ok(settings.refused.as_ref().ok_or(Failure(OAP_STATUS_ABSENT))?.into())
        })
    }
}
