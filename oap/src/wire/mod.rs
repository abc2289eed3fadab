//! Bytes, not meaning: the prefix, varints, and the header by the table of its kind's fields. Stateless.

pub(crate) mod fast_path;
pub(crate) mod fields;
pub(crate) mod header;
pub(crate) mod prefix;
pub(crate) mod varint;
