//! The native module of the Python package `oap`. It holds no protocol: rules, labels and limits are the core's.

mod batch;
mod bodies;
mod buffer;
mod chunk;
mod config;
mod connection;
mod connection_options;
mod constants;
mod decoder;
mod encode;
mod engine;
mod errors;
mod feed;
mod frames;
mod guard;
#[cfg(feature = "test-hooks")]
mod hooks;
mod iterate;
mod kind;
mod monitor;
mod number;
mod once;
mod outgoing;
mod readiness;
mod remake;
mod sequence;
mod session;
mod snapshot;
mod stopwatch;
mod tuples;
mod wire;

use pyo3::prelude::*;

// Each thread may hold what another one has made.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<batch::FrameBatch>();
    shared::<bodies::Bodies>();
    shared::<config::Config>();
    shared::<connection::Connection>();
    shared::<decoder::Decoder>();
    shared::<iterate::FrameIterator>();
    shared::<monitor::Monitor>();
    shared::<session::Session>();
    shared::<tuples::TupleBlocks>();
};

#[pymodule(gil_used = false)]
fn _oap(module: &Bound<'_, PyModule>) -> PyResult<()> {
    constants::add(module)?;
    errors::add(module)?;
    kind::add(module)?;
    module.add_class::<config::Config>()?;
    module.add_class::<frames::Hello>()?;
    module.add_class::<frames::Start>()?;
    module.add_class::<frames::Data>()?;
    module.add_class::<frames::Ack>()?;
    module.add_class::<frames::End>()?;
    module.add_class::<frames::Error>()?;
    sequence::add(module)?;
    module.add_class::<decoder::Decoder>()?;
    module.add_class::<bodies::Bodies>()?;
    module.add_class::<connection::Connection>()?;
    module.add_class::<session::Flow>()?;
    module.add_class::<session::Session>()?;
    module.add_class::<monitor::Monitor>()?;
    module.add_class::<readiness::Readiness>()?;
    module.add_class::<snapshot::Snapshot>()?;
    module.add_class::<snapshot::Timing>()?;
    module.add_function(wrap_pyfunction!(encode::encode, module)?)?;
    module.add_function(wrap_pyfunction!(encode::encode_batch, module)?)?;
    module.add_function(wrap_pyfunction!(decoder::remake_batch, module)?)?;
    module.add_function(wrap_pyfunction!(session::remake_flow, module)?)?;
    module.add_function(wrap_pyfunction!(readiness::remake_readiness, module)?)?;
    module.add_function(wrap_pyfunction!(snapshot::remake_snapshot, module)?)?;
    module.add_function(wrap_pyfunction!(snapshot::remake_timing, module)?)?;
    #[cfg(feature = "test-hooks")]
    hooks::add(module)?;
    // pyo3's list of names; the package has its own.
    module.delattr("__all__")
}
