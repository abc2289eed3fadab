//! The native half of the Node package: the core behind Node-API. JavaScript owns all memory; one call decodes a whole
//! chunk into a table, or encodes a batch of frames from one. The part that users see is in `sdk-node/ts`.

#![deny(clippy::undocumented_unsafe_blocks)]
// Under test, napi exports nothing.
#![cfg_attr(test, allow(dead_code))]

mod chunk;
mod config;
mod connection;
mod connection_call;
mod constants;
mod decode_call;
mod decoder;
mod encode;
mod engine;
mod kept_memory;
mod layout;
mod memory;
mod monitor;
mod rejection;
mod session;
mod slots;

// A monitor is every thread's; a decoder and a session are their thread's alone.
const fn is_shared<T: Send + Sync>() {}
const _: () = is_shared::<monitor::NativeMonitor>();

/// Has one `thread_bound` for what is not Send, and two for what is: then the compiler can't choose.
trait ThreadBound<Marker> {
    fn thread_bound() {}
}
struct IsSend;
impl<T> ThreadBound<()> for T {}
impl<T: Send> ThreadBound<IsSend> for T {}
const _: fn() = decoder::NativeDecoder::thread_bound;
const _: fn() = session::NativeSession::thread_bound;
const _: fn() = connection::NativeConnection::thread_bound;
