//! The choices of a host for a connection: how long it waits, and how much it holds.

use crate::config::{in_range, Config, ConfigError};

/// The DATA frames that a connection takes unacknowledged, where its host says nothing else.
pub const CONNECTION_WINDOW: u32 = 1_024;

/// A name, its meaning, its default and its range: from this list the struct, its methods and [`OPTIONS`] are made.
macro_rules! options {
    ($($(#[$doc:meta])+ $name:ident, $with:ident, $default:expr, $range:expr;)+) => {
        /// Limits of a [`Connection`](super::Connection). Every value held is in its range; times are nanoseconds,
        /// sizes are bytes.
        ///
        /// ```
        /// let options = oap::ConnectionOptions::default().with_send_buffer(65_536)?;
        /// assert_eq!((options.send_buffer(), options.idle_timeout_ns()), (65_536, 0));
        ///
        /// let error = options.with_close_timeout_ns(0).unwrap_err();
        /// assert_eq!(error.to_string(), "close_timeout_ns = 0 is not in 1..=1000000000000000000");
        /// # Ok::<(), oap::ConfigError>(())
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct ConnectionOptions {
            $($name: u64,)+
            auto_ack: bool,
        }

        impl Default for ConnectionOptions {
            fn default() -> Self {
                ConnectionOptions { $($name: $default,)+ auto_ack: true }
            }
        }

        impl ConnectionOptions {
            $(
                $(#[$doc])+
                pub const fn $name(&self) -> u64 {
                    self.$name
                }

                #[doc = concat!("Sets `", stringify!($name), "`.")]
                ///
                /// # Errors
                /// [`ConfigError`] where the value is out of range.
                pub fn $with(self, value: u64) -> Result<Self, ConfigError> {
                    Ok(Self { $name: in_range(stringify!($name), value, $range)?, ..self })
                }
            )+

            /// Sets the option of that name; `None` where there is no such option.
            ///
            /// # Errors
            /// [`ConfigError`] where the value is out of range.
            pub fn with_named(self, name: &str, value: u64) -> Option<Result<Self, ConfigError>> {
                match name {
                    $(stringify!($name) => Some(self.$with(value)),)+
                    _ => None,
                }
            }
        }

        /// The names of the options that are numbers, in the order of their documentation.
        pub const CONNECTION_OPTIONS: &[&str] = &[$(stringify!($name)),+];
    };
}

const SECOND: u64 = 1_000_000_000;
const MAX_NS: u64 = 1_000_000_000 * SECOND;
const MAX_BYTES: u64 = 1 << 32;

options! {
    /// How long the peer may take to send its HELLO (C.1). Default 10 s.
    handshake_timeout_ns, with_handshake_timeout_ns, 10 * SECOND, 1..=MAX_NS;
    /// How long no byte may pass either way (C.12). 0, the default, is for ever.
    idle_timeout_ns, with_idle_timeout_ns, 0, 0..=MAX_NS;
    /// How long both sides may wait for each other's credit (C.4). Default 30 s.
    stall_timeout_ns, with_stall_timeout_ns, 30 * SECOND, 1..=MAX_NS;
    /// How long a close may take (C.11). Default 10 s.
    close_timeout_ns, with_close_timeout_ns, 10 * SECOND, 1..=MAX_NS;
    /// Bytes of received frames that wait to be taken, from which on nothing is read (C.4). Default 1 MiB.
    receive_buffer, with_receive_buffer, 1 << 20, 1..=MAX_BYTES;
    /// The same while a send waits for credit (C.4); less than `receive_buffer` counts as that. Default 64 MiB.
    receive_limit, with_receive_limit, 64 << 20, 1..=MAX_BYTES;
    /// Bytes that wait to be written, from which on a send waits for room (C.5). Default 256 KiB.
    send_buffer, with_send_buffer, 256 << 10, 1..=MAX_BYTES;
}

impl ConnectionOptions {
    /// Whether what is taken is acknowledged without a call (C.3). Default true.
    pub const fn auto_ack(&self) -> bool {
        self.auto_ack
    }

    /// Sets whether what is taken is acknowledged without a call.
    pub fn with_auto_ack(self, auto_ack: bool) -> Self {
        ConnectionOptions { auto_ack, ..self }
    }

    /// The configuration of a connection whose host says nothing else: the default one with [`CONNECTION_WINDOW`].
    pub fn default_config() -> Config {
        Config::default()
            .with_ack_window_frames(CONNECTION_WINDOW.into())
            .expect("the default window is in its range")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_is_set_by_its_name_and_no_other_moves() {
        for name in CONNECTION_OPTIONS {
            let options = ConnectionOptions::default().with_named(name, 77).unwrap().unwrap();
            let shown = format!("{options:?}");
            assert!(shown.contains(&format!("{name}: 77")), "{shown}");
            assert_eq!(shown.matches("77").count(), 1);
        }
        assert!(ConnectionOptions::default().with_named("no_such", 1).is_none());
    }

    #[test]
    fn an_option_out_of_range_is_named_with_its_range() {
        for name in CONNECTION_OPTIONS {
            let error = ConnectionOptions::default().with_named(name, u64::MAX).unwrap();
            assert_eq!(error.unwrap_err().field(), *name);
        }
        assert!(ConnectionOptions::default().with_idle_timeout_ns(0).is_ok());
        assert!(ConnectionOptions::default().with_receive_buffer(0).is_err());
    }
}
