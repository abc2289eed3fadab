//! The keys of the configuration: each is declared once, with meaning, type, default, and whether SIGHUP reads it again.

use crate::config_sources::{flag, variable, Problem, Sources, Texts, FILE};
use crate::values::{
    AckWindow, Address, FilePath, GroupName, MaxFrame, Nanoseconds, OnOff, Rollover, Seconds, Size,
    Switch, Timeout, Value, Within,
};
use clap::{value_parser, Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};

const BYTES: u64 = 1 << 40;
const COUNT: u64 = 1_000_000;

/// Enough for two frames of any size beside everything else.
pub const LEAST_MEMORY_BYTES: u64 = 32 << 20;

/// How long a peer may take to read its ERROR and close.
const CLOSE_TIMEOUT_NS: u64 = 2_000_000_000;

/// Whether a running gateway takes a new value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// At SIGHUP.
    Reload,
    /// Only when it starts.
    Restart,
}

/// What is known of a key.
pub struct Key {
    pub name: &'static str,
    pub default: &'static str,
    pub change: Change,
    pub meaning: &'static [&'static str],
    /// Of a bare number.
    pub unit: &'static str,
    pub range: fn() -> String,
}

/// Declares each key with its meaning, type and default.
macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $change:ident $key:ident: $type:ty = $default:literal;)+) => {
        /// The value of each key.
        #[derive(Clone)]
        pub struct Config {$(
            $(#[doc = $doc])+
            pub $key: $type,
        )+}

        pub const KEYS: &[Key] = &[$(Key {
            name: stringify!($key),
            default: $default,
            change: Change::$change,
            meaning: &[$($doc),+],
            unit: <$type as Value>::UNIT,
            range: <$type as Value>::range,
        },)+];

        impl Config {
            fn of(texts: &Texts) -> Result<Config, Problem> {
                Ok(Config { $($key: value(texts, stringify!($key), $default)?,)+ })
            }

            /// The values, in the order of the keys.
            fn texts(&self) -> [String; KEYS.len()] {
                [$(self.$key.to_string(),)+]
            }

            /// What SIGHUP makes of it: `fresh` where a key is read again, and itself where it is not.
            ///
            /// # Errors
            /// Where they do not go together.
            pub fn reloaded(&self, fresh: &Config) -> Result<Config, Problem> {
                let merged = Config { $($key: match Change::$change {
                    Change::Reload => fresh.$key.clone(),
                    Change::Restart => self.$key.clone(),
                },)+ };
                merged.consistent()
            }
        }
    };
}

keys! {
    /// Where to take OAP/1 over TCP, or off; of a name its first address is taken, with port 0 the system chooses one
    Restart listen: Switch<Address> = "127.0.0.1:9900";
    /// Where to take OAP/1 over TLS 1.3, likewise
    Restart tls_listen: Switch<Address> = "off";
    /// PEM file of the certificate chain
    Reload tls_certificate: Switch<FilePath> = "off";
    /// PEM file of its private key
    Reload tls_key: Switch<FilePath> = "off";
    /// PEM file of those who may have issued the certificate that a client then has to show, or off: none is asked for
    Reload tls_client_ca: Switch<FilePath> = "off";
    /// Path of a Unix socket to take OAP/1 on: 0600, in a directory that is made 0700 or has to be so
    Restart unix_socket: Switch<FilePath> = "off";
    /// Name or number of a group that may use it too: it is 0660 then, in a directory of the group with 0750
    Restart unix_socket_group: Switch<GroupName> = "off";
    /// Where to serve /healthz, /readyz, /metrics and /version, or off
    Restart metrics_addr: Switch<Address> = "127.0.0.1:9909";
    /// Whom this gateway serves: the field `tenant` of its log
    Restart tenant: String = "default";
    /// on: nothing may reach a disk. No core dump is left, and a Unix socket has to be on a tmpfs
    Restart amnesia: OnOff = "off";

    /// Whether headers must be canonical; false is for interop labs
    Restart strict_headers: bool = "true";
    /// Whether DATA on an object stream needs its obj
    Restart enforce_obj_header_on_objects: bool = "true";
    /// Whether a HELLO may have feature bits set
    Restart allow_pq_hello_flags: bool = "true";
    /// What follows the last seq: error or wrap
    Restart seq_rollover_policy: Rollover = "error";
    /// DATA frames that a peer may have unacknowledged
    Reload ack_window_frames: AckWindow = "32";
    /// Size of the largest frame that is taken, prefix included
    Reload max_frame: MaxFrame = "1048576";
    /// The feature bits of its own HELLO as one integer, or off; never logged
    Restart features: Switch<u64> = "off";

    /// Rejects a thousand frames of 5 minutes from which oap_reject_rate_ok is false
    Restart reject_limit_permille: Within<0, 1000> = "10";
    /// Frames and rejects of 5 minutes below which oap_reject_rate_ok is true
    Restart reject_min_events: Within<0, { 1 << 40 }> = "100";
    /// Time of 5 minutes without credit above which oap_ack_window_ok is false
    Restart ack_starvation_limit_ns: Nanoseconds<300_000_000_000> = "5000000000";
    /// DATA frames in flight that are full load
    Restart inflight_capacity: Within<1, COUNT> = "1024";
    /// Percent of it above which oap_backpressure_ok is false
    Restart backpressure_high_percent: Within<1, 100> = "80";
    /// Percent of it at which it is true again
    Restart backpressure_low_percent: Within<0, 100> = "60";

    /// Connections that are open at a time, as far as memory_bytes allows; more are closed at once
    Reload max_connections: Within<1, COUNT> = "12000";
    /// Of them, those of one peer: an IPv4 address or an IPv6 network of 64 bits
    Reload max_connections_per_peer: Within<1, COUNT> = "1000";
    /// Time for TLS and both HELLOs
    Reload handshake_seconds: Timeout = "5";
    /// Time without a byte either way
    Reload idle_seconds: Timeout = "300";
    /// Time without a byte while a stream is open
    Reload read_seconds: Timeout = "30";
    /// Time from a frame's first byte to its last, and as much again each time that a quarter of it has come
    Reload frame_seconds: Timeout = "10";
    /// Time for a peer to take what is written to it
    Reload write_seconds: Timeout = "10";
    /// Streams a second on a connection, and as many at once; what is beyond waits
    Reload streams_per_second: Within<1, COUNT> = "1000";

    /// Memory that peers may take: half for connections, the rest for what comes on them. Beyond, connections are closed at once and frames wait
    Restart memory_bytes: Size<LEAST_MEMORY_BYTES, BYTES> = "100663296";
    /// Threads that serve connections: at most twice the cores; 0 is one a core, or what the system gives
    Restart io_threads: Within<0, 1024> = "0";
    /// Threads that hash: at most twice the cores; 0 is one a core, or what the system gives
    Restart workers: Within<0, 1024> = "0";
    /// Size of the largest object that is verified
    Reload max_object_bytes: Size<0, BYTES> = "67108864";

    /// Offences of a peer (rejects but truncated, other protocols) that put it in quarantine; 0 is never
    Reload quarantine_offences: Within<0, COUNT> = "10";
    /// Time in which they count together
    Reload quarantine_window_seconds: Timeout = "300";
    /// How long a quarantine lasts
    Reload quarantine_seconds: Timeout = "300";

    /// Time after SIGINT or SIGTERM in which it is not ready but still accepts, so that a load balancer sees it
    Reload drain_notice_seconds: Seconds = "0";
    /// Time that open streams have to finish in afterwards
    Reload drain_seconds: Seconds = "5";
}

/// Where it listens, by key.
type Place = (&'static str, SocketAddr);

impl Config {
    /// # Errors
    /// What is wrong with the file, a value, or values together; with its place.
    pub fn load(sources: &Sources) -> Result<(Config, Texts), String> {
        let texts = sources.read(names())?;
        let config = Config::of(&texts).and_then(Config::consistent);
        match config {
            Ok(config) => Ok((config, texts)),
            Err(problem) => Err(texts.explain(&problem)),
        }
    }

    /// Judges values that are good each, together.
    fn consistent(self) -> Result<Config, Problem> {
        let problem = |keys: &[&'static str], reason: &str| Err(Problem::new(keys, reason));
        if self.listen.is_off() && self.tls_listen.is_off() && self.unix_socket.is_off() {
            return problem(&["listen"], "is off, and so are tls_listen and unix_socket");
        }
        if !self.tls_listen.is_off() && (self.tls_certificate.is_off() || self.tls_key.is_off()) {
            return problem(&["tls_listen"], "needs tls_certificate and tls_key");
        }
        if self.unix_socket.is_off() && !self.unix_socket_group.is_off() {
            return problem(&["unix_socket_group"], "is set, and unix_socket is off");
        }
        let (low, high) = (self.backpressure_low_percent.0, self.backpressure_high_percent.0);
        if low > high {
            let keys = ["backpressure_low_percent", "backpressure_high_percent"];
            let reason = format!("{} = {low} is above {} = {high}", keys[0], keys[1]);
            return problem(&keys, &reason);
        }
        let most = 2 * cores();
        for (key, threads) in [("io_threads", self.io_threads.0), ("workers", self.workers.0)] {
            if threads > most as u64 {
                return problem(&[key], &format!("{threads} is above {most}, twice the cores"));
            }
        }
        Ok(self)
    }

    /// Where it listens for what, by address.
    ///
    /// # Errors
    /// A name without an address; two that are in each other's way.
    pub fn places(&self) -> Result<Vec<Place>, Problem> {
        let named = [
            ("listen", &self.listen),
            ("tls_listen", &self.tls_listen),
            ("metrics_addr", &self.metrics_addr),
        ];
        let mut places: Vec<Place> = Vec::new();
        for (key, address) in named {
            let Some(address) = address.value() else { continue };
            let at = address.resolve().map_err(|e| Problem::new(&[key], e.to_string()))?;
            if let Some((other, _)) = places.iter().find(|(_, other)| overlap(*other, at)) {
                let reason = format!("{at} is where {other} listens already");
                return Err(Problem::new(&[key, other], reason));
            }
            places.push((key, at));
        }
        Ok(places)
    }

    /// What differs in `fresh`: the key, the value here and the value there.
    pub fn changes(&self, fresh: &Config) -> Vec<(&'static Key, String, String)> {
        let values = self.texts().into_iter().zip(fresh.texts());
        let all = KEYS.iter().zip(values).map(|(key, (old, new))| (key, old, new));
        all.filter(|(_, old, new)| old != new).collect()
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

    /// What the engine of a connection goes by.
    ///
    /// # Errors
    /// Where a value is out of the engine's range, which no key's range allows.
    pub fn of_connections(&self) -> Result<oap::ConnectionOptions, oap::ConfigError> {
        let ns = |timeout: Timeout| timeout.duration().as_nanos() as u64;
        oap::ConnectionOptions::default()
            .with_handshake_timeout_ns(ns(self.handshake_seconds).max(1))?
            .with_idle_timeout_ns(ns(self.idle_seconds))?
            .with_close_timeout_ns(CLOSE_TIMEOUT_NS)
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

fn value<T: Value>(texts: &Texts, key: &'static str, default: &str) -> Result<T, Problem> {
    let text = texts.get(key).unwrap_or(default);
    text.parse().map_err(|error: T::Err| Problem::new(&[key], error.to_string()))
}

/// Whether a system that has the one refuses the other.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    // An IPv6 socket takes what comes over IPv4 too.
    let takes =
        |all: IpAddr, some: IpAddr| all.is_unspecified() && (all.is_ipv6() || some.is_ipv4());
    let (a, b) = (one.ip(), other.ip());
    one.port() != 0 && one.port() == other.port() && (a == b || takes(a, b) || takes(b, a))
}

pub fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.name)
}

/// Adds the flag and the variable of each key, and of the file.
pub fn with_keys(command: Command) -> Command {
    let file = argument(FILE, "A file of keys, in TOML").value_name("FILE");
    KEYS.iter().fold(command.arg(file), |command, key| {
        let meaning = key.meaning.concat();
        let default = format!("{} {}", key.default, key.unit);
        let (meaning, default, range) = (meaning.trim(), default.trim_end(), (key.range)());
        command
            .arg(argument(key.name, &format!("{meaning} [default: {default}] [values: {range}]")))
    })
}

/// Judged later, when it is known what else names its place.
fn argument(name: &'static str, help: &str) -> Arg {
    let arg = Arg::new(name).long(flag(name)).env(variable(name)).hide_env_values(true);
    arg.value_name("VALUE").value_parser(value_parser!(OsString)).help(help.to_owned())
}

/// Of a command with keys.
///
/// # Errors
/// The flag or the variable that is no text.
pub fn sources(matches: &ArgMatches) -> Result<Sources, String> {
    Sources::new(names(), matches)
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;
    use std::path::Path;

    /// As TOML has it.
    fn toml_value(text: &str) -> String {
        let bare = text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok();
        if bare {
            text.to_owned()
        } else {
            format!("\"{text}\"")
        }
    }

    fn meaning(key: &Key) -> String {
        key.meaning.concat().trim().to_owned()
    }

    fn example() -> String {
        let mut text = "# Every key of svc-gateway with its default.\n".to_owned();
        for key in KEYS {
            let value = toml_value(key.default);
            let _ = write!(text, "\n# {}\n{} = {value}\n", meaning(key), key.name);
        }
        text
    }

    fn table() -> String {
        let mut text = CONFIG_HEAD.to_owned();
        for key in KEYS {
            let (name, default, unit, range) = (key.name, key.default, key.unit, (key.range)());
            let reload = if key.change == Change::Reload { "yes" } else { "no" };
            let meaning = meaning(key);
            let _ = writeln!(
                text,
                "| `{name}` | {meaning} | {range} | `{default}` | {unit} | {reload} |"
            );
        }
        text
    }

    const CONFIG_HEAD: &str = include_str!("config_head.md");

    /// With `SVC_GATEWAY_WRITE_EXAMPLE` it is written anew.
    fn assert_written(file: &str, text: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        if std::env::var_os("SVC_GATEWAY_WRITE_EXAMPLE").is_some() {
            std::fs::write(&path, text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    }

    #[test]
    fn the_example_has_every_key_with_its_meaning_and_default() {
        assert_written("gateway.example.toml", &example());
    }

    #[test]
    fn the_table_has_every_key_with_all_that_is_known_of_it() {
        assert_written("../docs/CONFIG.md", &table());
    }

    fn load(file: Option<&str>) -> Config {
        let args = ["test"].into_iter().chain(file.into_iter().flat_map(|file| ["--config", file]));
        let matches = with_keys(Command::new("test")).get_matches_from(args);
        Config::load(&sources(&matches).unwrap()).unwrap().0
    }

    #[test]
    fn the_example_is_the_defaults() {
        let example = load(Some(concat!(env!("CARGO_MANIFEST_DIR"), "/gateway.example.toml")));
        assert!(load(None).changes(&example).is_empty());
    }

    #[test]
    fn the_defaults_of_library_and_monitor_are_the_core_s() {
        let config = load(None);
        assert_eq!(config.of_sessions(), oap::Config::default());
        assert_eq!(config.limits(), oap::MonitorLimits::default());
    }

    #[test]
    fn one_peer_s_rejects_are_too_few_to_judge_the_process_by() {
        const EVENTS_OF_A_REJECT: u64 = 4; // two HELLOs, the reject, the ERROR
        let config = load(None);
        assert!(config.quarantine_offences.0 * EVENTS_OF_A_REJECT < config.reject_min_events.0);
    }

    #[test]
    fn addresses_that_are_in_each_other_s_way_are_known() {
        let overlap = |a: &str, b: &str| super::overlap(a.parse().unwrap(), b.parse().unwrap());
        for (one, other) in [
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("[::]:1", "127.0.0.1:1"),
            ("[::]:1", "0.0.0.0:1"),
            ("[::]:1", "[::1]:1"),
        ] {
            assert!(overlap(one, other) && overlap(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("127.0.0.1:1", "127.0.0.1:2"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.0.0.1:1", "127.0.0.2:1"),
            ("0.0.0.0:1", "[::1]:1"),
        ] {
            assert!(!overlap(one, other) && !overlap(other, one), "{one} {other}");
        }
    }
}
