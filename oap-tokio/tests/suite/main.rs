//! The connection over real sockets: the rules of `docs/connection.md` as far as they can be seen, and hostile peers.

mod closing;
mod descriptors;
mod ends;
mod example;
mod flow;
mod hostile;
mod peers;
mod server;
mod streams;
mod tls;
