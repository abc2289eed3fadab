//! The names and limits of the core, for JavaScript to read.

use crate::monitor::histogram_bounds;
use napi::bindgen_prelude::Result;
use napi_derive::napi;
use oap::{Kind, Reason};

/// Published names and limits.
#[napi(object, object_from_js = false)]
pub struct Constants {
    pub package_version: &'static str,
    pub version: u32,
    pub max_frame_bytes: u32,
    pub max_header_bytes: u32,
    pub stream_chunk_bytes: u32,
    pub kinds: Vec<&'static str>,
    pub reject_labels: Vec<&'static str>,
    pub metrics: Vec<&'static str>,
    pub readiness_keys: Vec<&'static str>,
    pub histogram_bounds: Vec<f64>,
    pub text_content_type: &'static str,
}

/// The constants of the core that is loaded.
#[napi(catch_unwind)]
pub fn constants() -> Result<Constants> {
    Ok(Constants {
        package_version: env!("CARGO_PKG_VERSION"),
        version: oap::VERSION,
        max_frame_bytes: oap::MAX_FRAME_BYTES as u32,
        max_header_bytes: oap::MAX_HEADER_BYTES as u32,
        stream_chunk_bytes: oap::STREAM_CHUNK_BYTES as u32,
        kinds: Kind::ALL.map(Kind::name).to_vec(),
        reject_labels: Reason::ALL.map(Reason::label).to_vec(),
        metrics: oap::METRICS.to_vec(),
        readiness_keys: oap::READINESS_KEYS.to_vec(),
        histogram_bounds: histogram_bounds(),
        text_content_type: oap::TEXT_CONTENT_TYPE,
    })
}
