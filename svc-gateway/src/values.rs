//! What a key of the configuration may be: each type reads its value from text and says what is wrong with it.

use oap::SeqRolloverPolicy;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::time::Duration;

/// A type of values, for the table of keys.
pub trait Value: FromStr<Err: fmt::Display> + fmt::Display {
    /// Of a bare number.
    const UNIT: &'static str = "";

    /// Which values it may have.
    fn range() -> String;
}

impl Value for bool {
    fn range() -> String {
        "`true` or `false`".to_owned()
    }
}

impl Value for String {
    fn range() -> String {
        "any text".to_owned()
    }
}

/// Declares a type that is shown as what it holds.
macro_rules! shown_as_held {
    ($($(<$(const $limit:ident),+>)? $name:ident;)+) => {$(
        impl$(<$(const $limit: u64),+>)? fmt::Display for $name$(<$($limit),+>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

/// An integer from `LOW` to `HIGH`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Within<const LOW: u64, const HIGH: u64>(pub u64);

/// Bytes, from `LOW` to `HIGH`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size<const LOW: u64, const HIGH: u64>(pub u64);

/// A time, from 0 to so many nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nanoseconds<const HIGH: u64>(pub u64);

/// DATA frames of a window, as the core judges them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AckWindow(pub u64);

/// Bytes of the largest frame, as the core judges them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxFrame(pub u64);

/// A time in seconds: at most a day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seconds(pub f64);

/// A time in seconds that somebody waits at the longest: 0 would be never.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Timeout(pub f64);

shown_as_held! {
    <const LOW, const HIGH> Within;
    <const LOW, const HIGH> Size;
    <const HIGH> Nanoseconds;
    AckWindow;
    MaxFrame;
    Seconds;
    Timeout;
    Address;
    FilePath;
    GroupName;
}

impl<const LOW: u64, const HIGH: u64> FromStr for Within<LOW, HIGH> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        within(integer(text)?, LOW, HIGH).map(Within)
    }
}

impl<const LOW: u64, const HIGH: u64> Value for Within<LOW, HIGH> {
    fn range() -> String {
        format!("{LOW}..={HIGH}")
    }
}

impl<const LOW: u64, const HIGH: u64> FromStr for Size<LOW, HIGH> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        within(bytes(text)?, LOW, HIGH).map(Size)
    }
}

impl<const LOW: u64, const HIGH: u64> Value for Size<LOW, HIGH> {
    const UNIT: &'static str = BYTES;

    fn range() -> String {
        format!("{LOW}..={HIGH}")
    }
}

impl<const HIGH: u64> FromStr for Nanoseconds<HIGH> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_bare = text.bytes().all(|byte| byte.is_ascii_digit());
        let value = if is_bare { integer(text)? } else { (seconds(text)? * 1e9) as u64 };
        within(value, 0, HIGH).map(Nanoseconds)
    }
}

impl<const HIGH: u64> Value for Nanoseconds<HIGH> {
    const UNIT: &'static str = "ns";

    fn range() -> String {
        format!("0..={HIGH}")
    }
}

fn within(value: u64, low: u64, high: u64) -> Result<u64, String> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{value} is not in {low}..={high}"))
    }
}

fn integer(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no integer from 0 to {}", u64::MAX))
}

const BYTES: &str = "bytes";

const SIZES: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

fn bytes(text: &str) -> Result<u64, String> {
    let (number, factor) = with_unit(text, &SIZES).unwrap_or((text, 1));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    bytes.ok_or_else(|| {
        format!("{text} is no integer from 0 to {}, alone or with a unit such as MiB", u64::MAX)
    })
}

/// In the order in which they are looked for.
const TIMES: [(&str, f64); 5] =
    [("ms", 1e-3), ("s", 1.0), ("min", 60.0), ("m", 60.0), ("h", 3_600.0)];

fn seconds(text: &str) -> Result<f64, String> {
    let (number, factor) = with_unit(text, &TIMES).unwrap_or((text, 1.0));
    let seconds = number.parse::<f64>().map(|number| number * factor);
    seconds.map_err(|_| format!("{text} is no number of seconds, alone or with a unit such as 5s"))
}

/// The number before a unit, and the unit.
fn with_unit<'a, T: Copy>(text: &'a str, units: &[(&str, T)]) -> Option<(&'a str, T)> {
    units.iter().find_map(|&(unit, factor)| Some((text.strip_suffix(unit)?.trim_end(), factor)))
}

/// Declares a type of times from `$low` to a day.
macro_rules! times {
    ($($name:ident from $low:literal;)+) => {$(
        impl $name {
            const LOW: f64 = $low;

            pub fn duration(self) -> Duration {
                Duration::from_secs_f64(self.0)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let seconds = seconds(text)?;
                if (Self::LOW..=DAY).contains(&seconds) {
                    Ok($name(seconds))
                } else {
                    Err(format!("{seconds} seconds is not in {}..={DAY}", Self::LOW))
                }
            }
        }

        impl Value for $name {
            const UNIT: &'static str = "seconds";

            fn range() -> String {
                format!("{}..={DAY}", Self::LOW)
            }
        }
    )+};
}

/// In seconds.
const DAY: f64 = 86_400.0;

times! {
    Seconds from 0.0;
    Timeout from 0.001;
}

/// `off`, or a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Switch<T> {
    Off,
    To(T),
}

impl<T> Switch<T> {
    pub const fn value(&self) -> Option<&T> {
        match self {
            Switch::Off => None,
            Switch::To(value) => Some(value),
        }
    }

    pub const fn is_off(&self) -> bool {
        matches!(self, Switch::Off)
    }
}

impl<T: FromStr<Err: fmt::Display>> FromStr for Switch<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Switch::Off),
            "" => Err("is empty, neither a value nor off".to_owned()),
            _ => text.parse().map(Switch::To).map_err(|error| format!("{error}, nor is it off")),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Switch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Switch::Off => f.write_str("off"),
            Switch::To(value) => value.fmt(f),
        }
    }
}

impl<T: Value> Value for Switch<T> {
    const UNIT: &'static str = T::UNIT;

    fn range() -> String {
        format!("`off` or {}", T::range())
    }
}

/// Declares a type of texts that are no text of another kind.
macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident: $range:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct $name(pub String);

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok($name(text.to_owned()))
            }
        }

        impl Value for $name {
            fn range() -> String {
                $range.to_owned()
            }
        }
    )+};
}

texts! {
    /// The path of a file.
    FilePath: "a path";
    /// A group of the system's.
    GroupName: "a group's name or number";
}

/// `on` or `off`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OnOff(pub bool);

impl FromStr for OnOff {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "on" => Ok(OnOff(true)),
            "off" => Ok(OnOff(false)),
            _ => Err(format!("{text} is neither on nor off")),
        }
    }
}

impl fmt::Display for OnOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "on" } else { "off" })
    }
}

impl Value for OnOff {
    fn range() -> String {
        "`on` or `off`".to_owned()
    }
}

/// An address to listen on, or a host's name with a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address(String);

impl Address {
    /// The first address of a name.
    ///
    /// # Errors
    /// The name, and why it has none.
    pub fn resolve(&self) -> io::Result<SocketAddr> {
        let named = |reason: &dyn fmt::Display| io::Error::other(format!("{self}: {reason}"));
        let mut found = self.0.to_socket_addrs().map_err(|error| named(&error))?;
        found.next().ok_or_else(|| named(&"the name has no address"))
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |host: &str| {
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
        };
        let is_named = text
            .rsplit_once(':')
            .is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok());
        if is_named || text.parse::<SocketAddr>().is_ok() {
            Ok(Address(text.to_owned()))
        } else {
            Err(format!("{text} is no ADDRESS:PORT or NAME:PORT"))
        }
    }
}

impl Value for Address {
    fn range() -> String {
        "`ADDRESS:PORT` or `NAME:PORT`".to_owned()
    }
}

impl Value for u64 {
    fn range() -> String {
        format!("0..={}", u64::MAX)
    }
}

/// Judged by the core.
macro_rules! of_the_core {
    ($($name:ident by $judge:ident from $read:ident in $unit:expr;)+) => {$(
        impl $name {
            fn judge(value: u64) -> Result<Self, String> {
                let judged = oap::Config::default().$judge(value);
                let reason = |error: oap::ConfigError| format!("{value} is not in {:?}", error.range());
                judged.map(|_| $name(value)).map_err(reason)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::judge($read(text)?)
            }
        }

        impl Value for $name {
            const UNIT: &'static str = $unit;

            fn range() -> String {
                let judged = oap::Config::default().$judge(u64::MAX);
                judged.map_or_else(|error| format!("{:?}", error.range()), |_| String::new())
            }
        }
    )+};
}

of_the_core! {
    AckWindow by with_ack_window_frames from integer in "";
    MaxFrame by with_max_frame from bytes in BYTES;
}

/// What follows the last seq, by the core's name for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rollover(pub SeqRolloverPolicy);

impl FromStr for Rollover {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let policy = SeqRolloverPolicy::from_name(text).map(Rollover);
        policy.ok_or_else(|| format!("{text} is neither error nor wrap"))
    }
}

impl fmt::Display for Rollover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Value for Rollover {
    fn range() -> String {
        "`error` or `wrap`".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn says<T: FromStr<Err = String>>(text: &str) -> String {
        text.parse::<T>().err().expect(text)
    }

    fn seconds_of(text: &str) -> f64 {
        text.parse::<Seconds>().expect(text).0
    }

    fn bytes_of(text: &str) -> u64 {
        text.parse::<Size<0, { u64::MAX }>>().expect(text).0
    }

    #[test]
    fn a_value_out_of_its_range_is_told_with_the_range() {
        assert_eq!(says::<Within<1, 9>>("10"), "10 is not in 1..=9");
        assert_eq!(says::<Size<1, 9>>("1KiB"), "1024 is not in 1..=9");
        assert_eq!(says::<Seconds>("-1"), "-1 seconds is not in 0..=86400");
        assert_eq!(says::<Timeout>("0"), "0 seconds is not in 0.001..=86400");
        assert_eq!(says::<Nanoseconds<9>>("10"), "10 is not in 0..=9");
        assert_eq!(says::<AckWindow>("0"), "0 is not in 1..=1024");
        assert_eq!(says::<MaxFrame>("1"), "1 is not in 4096..=1048576");
        assert_eq!(AckWindow::range(), "1..=1024");
    }

    #[test]
    fn what_is_no_value_at_all_is_told_too() {
        assert_eq!(says::<Within<1, 9>>("x"), format!("x is no integer from 0 to {}", u64::MAX));
        assert!(says::<Seconds>("soon").starts_with("soon is no number of seconds"));
        assert_eq!(says::<OnOff>("yes"), "yes is neither on nor off");
        assert_eq!(says::<Rollover>("stop"), "stop is neither error nor wrap");
        assert!(says::<Switch<Address>>("here").ends_with(", nor is it off"));
        assert_eq!(says::<Switch<Address>>(""), "is empty, neither a value nor off");
    }

    #[test]
    fn a_number_may_have_a_unit() {
        assert_eq!(
            ["5", "5s", "5 s", "0.5min", "1m", "2h"].map(seconds_of),
            [5., 5., 5., 30., 60., 7200.]
        );
        assert_eq!(seconds_of("250ms"), 0.25);
        assert_eq!(
            ["7", "7B", "64MiB", "2 KiB", "3kB"].map(bytes_of),
            [7, 7, 64 << 20, 2_048, 3_000]
        );
        assert_eq!("5s".parse::<Nanoseconds<{ u64::MAX }>>().unwrap().0, 5_000_000_000);
        assert_eq!("4KiB".parse::<MaxFrame>().unwrap().0, 4_096);
    }

    #[test]
    fn a_unit_of_another_kind_and_too_large_a_number_are_refused() {
        for text in ["5MiB", "s", "", "5 5s", "5ss", "NaN", "inf", "infs", "86400.5", "25h"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
        for text in ["5s", "MiB", "-1MiB", "1.5MiB", "99999999999TiB", "5mib"] {
            assert!(text.parse::<Size<0, { u64::MAX }>>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_one_or_a_name_with_a_port() {
        for text in ["127.0.0.1:9900", "[::1]:0", "localhost:9900", "gateway-1.example:1"] {
            assert_eq!(text.parse::<Switch<Address>>().unwrap().to_string(), text);
        }
        for text in
            ["9900", ":9900", "localhost", "localhost:x", "localhost:70000", "::1:1:x", "a b:1"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        let resolved = "localhost:7".parse::<Address>().unwrap().resolve().unwrap();
        assert!(resolved.ip().is_loopback() && resolved.port() == 7);
        let unknown = "no-such-host.invalid:7".parse::<Address>().unwrap().resolve().unwrap_err();
        assert!(unknown.to_string().starts_with("no-such-host.invalid:7: "));
    }

    #[test]
    fn a_value_is_written_as_it_is_read() {
        assert_eq!("off".parse::<Switch<Address>>().unwrap().to_string(), "off");
        assert_eq!("0.5".parse::<Seconds>().unwrap().to_string(), "0.5");
        assert_eq!("5".parse::<Timeout>().unwrap().to_string(), "5");
        assert_eq!("wrap".parse::<Rollover>().unwrap().to_string(), "wrap");
        assert_eq!("on".parse::<OnOff>().unwrap().to_string(), "on");
    }
}
