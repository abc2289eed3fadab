//! The keys of the configuration: flags over environment over file over defaults. Each key is declared once.

use crate::values::{AckWindow, MaxFrame, OnOff, Rollover, Seconds, Switch, Within};
use serde::de::{Deserializer, Visitor};
use serde::Deserialize;
use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use toml::de::DeTable;

/// Before the name of a key in capitals, its variable of the environment.
pub const ENVIRONMENT: &str = "SVC_GATEWAY_";

const SIZE: u64 = 1 << 40;
const COUNT: u64 = 1_000_000;

/// Declares each key with its meaning, type and default.
macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:literal;)+) => {
        /// What is given of them: by flags and environment, or by a file.
        #[derive(clap::Args, Deserialize, Default)]
        #[serde(deny_unknown_fields, default)]
        pub struct Keys {$(
            $(#[doc = $doc])+
            #[arg(long, value_name = "VALUE")]
            #[serde(deserialize_with = "scalar")]
            $key: Option<$type>,
        )+}

        /// The value of each.
        pub struct Config {$(
            $(#[doc = $doc])+
            pub $key: $type,
        )+}

        impl Keys {
            /// These, and what they leave out as `below` has it.
            fn over(self, below: Keys) -> Keys {
                Keys { $($key: self.$key.or(below.$key),)+ }
            }

            fn config(self) -> Result<Config, String> {
                Ok(Config { $($key: match self.$key {
                    Some(value) => value,
                    None => $default.parse().map_err(|error| format!("{}: {error}", stringify!($key)))?,
                },)+ })
            }
        }

        /// Name, meaning and default of each.
        #[cfg(test)]
        const KEYS: &[(&str, &[&str], &str)] =
            &[$((stringify!($key), &[$($doc),+], $default),)+];
    };
}

keys! {
    /// Where to take OAP/1 over TCP: ADDR:PORT, or off; with port 0 the system chooses one
    listen: Switch<SocketAddr> = "127.0.0.1:9900";
    /// Where to take OAP/1 over TLS 1.3, likewise
    tls_listen: Switch<SocketAddr> = "off";
    /// PEM file of the certificate chain; read again at SIGHUP
    tls_certificate: Switch<String> = "off";
    /// PEM file of its private key; read again at SIGHUP
    tls_key: Switch<String> = "off";
    /// Path of a Unix socket to take OAP/1 on: 0600, in a directory that is made 0700 or has to be so
    unix_socket: Switch<String> = "off";
    /// Where to serve /healthz, /readyz, /metrics and /version: ADDR:PORT, or off
    metrics_addr: Switch<SocketAddr> = "127.0.0.1:9909";
    /// Whom this gateway serves: the field `tenant` of its log
    tenant: String = "default";
    /// on: nothing may reach a disk. No core dump is left, and a Unix socket has to be on a tmpfs
    amnesia: OnOff = "off";

    /// Whether headers must be canonical; false is for interop labs
    strict_headers: bool = "true";
    /// Whether DATA on an object stream needs its obj
    enforce_obj_header_on_objects: bool = "true";
    /// Whether a HELLO may have feature bits set
    allow_pq_hello_flags: bool = "true";
    /// What follows the last seq: error or wrap
    seq_rollover_policy: Rollover = "error";
    /// DATA frames that a peer may have unacknowledged
    ack_window_frames: AckWindow = "32";
    /// Bytes of the largest frame that is taken, prefix included
    max_frame: MaxFrame = "1048576";
    /// The feature bits of its own HELLO as one integer, or off; never logged
    features: Switch<u64> = "off";

    /// Rejects a thousand frames of 5 minutes from which oap_reject_rate_ok is false
    reject_limit_permille: Within<0, 1000> = "10";
    /// Frames and rejects of 5 minutes below which oap_reject_rate_ok is true
    reject_min_events: Within<0, SIZE> = "100";
    /// Nanoseconds of 5 minutes without credit above which oap_ack_window_ok is false
    ack_starvation_limit_ns: Within<0, 300_000_000_000> = "5000000000";
    /// DATA frames in flight that are full load
    inflight_capacity: Within<1, COUNT> = "1024";
    /// Percent of it above which oap_backpressure_ok is false
    backpressure_high_percent: Within<1, 100> = "80";
    /// Percent of it at which it is true again
    backpressure_low_percent: Within<0, 100> = "60";

    /// Connections that are open at a time; more are closed at once
    max_connections: Within<1, COUNT> = "12000";
    /// Seconds for TLS and both HELLOs
    handshake_seconds: Seconds = "5";
    /// Seconds without a byte while no stream is open
    idle_seconds: Seconds = "300";
    /// Seconds without a byte while a stream is open
    read_seconds: Seconds = "30";
    /// Seconds from a frame's first byte to its last
    frame_seconds: Seconds = "10";
    /// Seconds for a peer to take what is written to it
    write_seconds: Seconds = "10";
    /// Streams a second on a connection, and as many at once; what is beyond waits
    streams_per_second: Within<1, COUNT> = "1000";

    /// Bytes of partial frames that all connections may hold together; beyond, who holds most loses his oldest
    staging_bytes: Within<1_048_576, SIZE> = "67108864";
    /// Bytes that all connections may have read and not yet worked off; beyond, nothing more is read
    work_bytes: Within<1_048_576, SIZE> = "33554432";
    /// Threads that serve connections: at most twice the cores; 0 is one a core, or what the system gives
    io_threads: Within<0, 1024> = "0";
    /// Threads that hash: at most twice the cores; 0 is one a core, or what the system gives
    workers: Within<0, 1024> = "0";
    /// Reads that wait for a worker; beyond, their connections wait
    worker_queue: Within<1, COUNT> = "256";
    /// Bytes of the largest object that is verified
    max_object_bytes: Within<0, SIZE> = "67108864";

    /// Offences of a peer (rejects, unfinished frames, other protocols) that put it in quarantine; 0 is never
    quarantine_offences: Within<0, COUNT> = "10";
    /// Seconds in which they count together
    quarantine_window_seconds: Seconds = "300";
    /// Seconds that a quarantine lasts
    quarantine_seconds: Seconds = "300";

    /// Seconds after SIGINT or SIGTERM in which it is not ready but still accepts, so that a load balancer sees it
    drain_notice_seconds: Seconds = "0";
    /// Seconds that open streams have to finish in afterwards
    drain_seconds: Seconds = "5";
}

impl Config {
    /// What flags and environment gave, over the file, over the defaults.
    ///
    /// # Errors
    /// The file that can't be read; file, line and reason of what is wrong in it; values that contradict each other.
    pub fn load(given: Keys, file: Option<&Path>) -> Result<Config, String> {
        let Some(path) = file else {
            return given.config()?.consistent().map_err(|c| c.to_string());
        };
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let at = |line, reason: &str| format!("{name}:{line}: {reason}");
        let keys: Keys = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            at(line, error.message().trim_end())
        })?;
        let config = given.over(keys).config()?;
        config.consistent().map_err(|conflict| match line_of_key(&text, conflict.key) {
            Some(line) => at(line, &conflict.to_string()),
            None => conflict.to_string(),
        })
    }

    /// Judges values that are good each, together.
    fn consistent(self) -> Result<Config, Conflict> {
        let conflict = |key, reason: &str| Err(Conflict { key, reason: reason.to_owned() });
        if self.listen.is_off() && self.tls_listen.is_off() && self.unix_socket.is_off() {
            return conflict("listen", "is off, and so are tls_listen and unix_socket");
        }
        if !self.tls_listen.is_off() && (self.tls_certificate.is_off() || self.tls_key.is_off()) {
            return conflict("tls_listen", "needs tls_certificate and tls_key");
        }
        if self.backpressure_low_percent.0 > self.backpressure_high_percent.0 {
            return conflict("backpressure_low_percent", "is above backpressure_high_percent");
        }
        let most = 2 * cores();
        for (key, threads) in [("io_threads", self.io_threads.0), ("workers", self.workers.0)] {
            if threads > most as u64 {
                return conflict(key, &format!("is above {most}, twice the cores"));
            }
        }
        Ok(self)
    }

    /// The library's part, with what its ranges have judged.
    pub fn of_sessions(&self) -> oap::Config {
        let config = oap::Config::default()
            .with_strict_headers(self.strict_headers)
            .with_enforce_obj_header_on_objects(self.enforce_obj_header_on_objects)
            .with_allow_pq_hello_flags(self.allow_pq_hello_flags)
            .with_seq_rollover_policy(self.seq_rollover_policy.0)
            .with_features(self.features.value().copied());
        let config = config.with_ack_window_frames(self.ack_window_frames.0).unwrap_or(config);
        config.with_max_frame(self.max_frame.0).unwrap_or(config)
    }

    /// The monitor's part.
    pub fn limits(&self) -> oap::MonitorLimits {
        let mut limits = oap::MonitorLimits::default();
        limits.reject_limit_permille = self.reject_limit_permille.0;
        limits.reject_min_events = self.reject_min_events.0;
        limits.ack_starvation_limit_ns = self.ack_starvation_limit_ns.0;
        limits.inflight_capacity = self.inflight_capacity.0;
        limits.backpressure_high_percent = self.backpressure_high_percent.0;
        limits.backpressure_low_percent = self.backpressure_low_percent.0;
        limits
    }
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Values that contradict each other.
#[derive(Debug)]
struct Conflict {
    key: &'static str,
    reason: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.reason)
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let (found, _) = table.get_ref().get_key_value(key)?;
    Some(line_of(text, found.span().start))
}

/// A key's value in a file: whatever TOML calls it, its text is judged as that of a flag is.
fn scalar<'de, D: Deserializer<'de>, T>(from: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: fmt::Display>,
{
    struct Scalar<T>(PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Scalar<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string, a number, true or false")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }

        fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<T, E> {
            self.visit_str(&value.to_string())
        }

        fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<T, E> {
            self.visit_str(&value.to_string())
        }

        fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<T, E> {
            self.visit_str(&value.to_string())
        }

        fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<T, E> {
            self.visit_str(if value { "true" } else { "false" })
        }
    }

    from.deserialize_any(Scalar(PhantomData)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// As TOML has it.
    fn toml_value(text: &str) -> String {
        let bare = text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok();
        if bare {
            text.to_owned()
        } else {
            format!("\"{text}\"")
        }
    }

    fn example() -> String {
        let mut text = "# Every key of svc-gateway with its default.\n".to_owned();
        for (key, meaning, default) in KEYS {
            let meaning = meaning.iter().map(|line| format!("#{line}\n")).collect::<String>();
            let _ = write!(text, "\n{meaning}{key} = {}\n", toml_value(default));
        }
        text
    }

    /// With `SVC_GATEWAY_WRITE_EXAMPLE` it is written anew.
    #[test]
    fn the_example_has_every_key_with_its_meaning_and_default() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/gateway.example.toml");
        if std::env::var_os("SVC_GATEWAY_WRITE_EXAMPLE").is_some() {
            std::fs::write(path, example()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), example());
    }

    #[test]
    fn the_example_is_the_defaults() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/gateway.example.toml");
        assert!(Config::load(Keys::default(), Some(Path::new(path))).is_ok());
    }

    #[test]
    fn the_defaults_of_library_and_monitor_are_the_core_s() {
        let config = Keys::default().config().unwrap();
        assert_eq!(config.of_sessions(), oap::Config::default());
        assert_eq!(config.limits(), oap::MonitorLimits::default());
    }

    #[test]
    fn one_peer_s_rejects_are_too_few_to_judge_the_process_by() {
        const EVENTS_OF_A_REJECT: u64 = 4; // two HELLOs, the reject, the ERROR
        let config = Keys::default().config().unwrap();
        assert!(config.quarantine_offences.0 * EVENTS_OF_A_REJECT < config.reject_min_events.0);
    }
}
