//! What bytes of OAP/1 mean, each with its field, its value and the number of its rule: what `oap explain` and the
//! inspector share. It has no files and no output: bytes go in, and a [`Show`] is told what they are.

pub mod anatomy;
pub mod capture;
mod conversation;
pub mod envelope;
pub mod hex;
mod observer;
mod packets;
mod reading;
pub mod rules;
mod segments;
mod show;

pub use conversation::Conversation;
pub use observer::{Observer, Side};
pub use show::{told, Origin, Show};
