//! What a key of the configuration may be: each type reads its value from text and says what is wrong with it.

use oap::{ConfigError, SeqRolloverPolicy};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An integer from `LOW` to `HIGH`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Within<const LOW: u64, const HIGH: u64>(pub u64);

impl<const LOW: u64, const HIGH: u64> FromStr for Within<LOW, HIGH> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value = integer(text)?;
        if (LOW..=HIGH).contains(&value) {
            Ok(Within(value))
        } else {
            Err(format!("{value} is not in {LOW}..={HIGH}"))
        }
    }
}

impl<const LOW: u64, const HIGH: u64> fmt::Display for Within<LOW, HIGH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn integer(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no integer from 0 to {}", u64::MAX))
}

/// A time in seconds: at most a day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seconds(pub f64);

impl Seconds {
    const MOST: f64 = 86_400.0;

    pub fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0)
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = text.parse().map_err(|_| format!("{text} is no number of seconds"))?;
        if (0.0..=Self::MOST).contains(&seconds) {
            Ok(Seconds(seconds))
        } else {
            Err(format!("{seconds} seconds is not in 0..={}", Self::MOST))
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
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

/// Judged by the core.
macro_rules! of_the_core {
    ($($name:ident by $judge:ident;)+) => {$(
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name(pub u64);

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let value = integer(text)?;
                let judged = oap::Config::default().$judge(value);
                judged.map(|_| $name(value)).map_err(|error: ConfigError| error.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

of_the_core! {
    AckWindow by with_ack_window_frames;
    MaxFrame by with_max_frame;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn says<T: FromStr<Err = String>>(text: &str) -> String {
        text.parse::<T>().err().expect(text)
    }

    #[test]
    fn a_value_out_of_its_range_is_told_with_the_range() {
        assert_eq!(says::<Within<1, 9>>("10"), "10 is not in 1..=9");
        assert_eq!(says::<Seconds>("-1"), "-1 seconds is not in 0..=86400");
        assert_eq!(says::<AckWindow>("0"), "ack_window_frames = 0 is not in 1..=1024");
        assert_eq!(says::<MaxFrame>("1"), "max_frame = 1 is not in 4096..=1048576");
    }

    #[test]
    fn what_is_no_value_at_all_is_told_too() {
        assert_eq!(says::<Within<1, 9>>("x"), format!("x is no integer from 0 to {}", u64::MAX));
        assert_eq!(says::<Seconds>("soon"), "soon is no number of seconds");
        assert_eq!(says::<OnOff>("yes"), "yes is neither on nor off");
        assert_eq!(says::<Rollover>("stop"), "stop is neither error nor wrap");
        assert!(says::<Switch<std::net::SocketAddr>>("here").ends_with(", nor is it off"));
    }

    #[test]
    fn seconds_that_are_no_number_are_refused() {
        for text in ["NaN", "inf", "86400.5"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_is_written_as_it_is_read() {
        for text in ["off", "127.0.0.1:9900"] {
            assert_eq!(text.parse::<Switch<std::net::SocketAddr>>().unwrap().to_string(), text);
        }
        assert_eq!("0.5".parse::<Seconds>().unwrap().to_string(), "0.5");
        assert_eq!("5".parse::<Seconds>().unwrap().to_string(), "5");
        assert_eq!("wrap".parse::<Rollover>().unwrap().to_string(), "wrap");
        assert_eq!("on".parse::<OnOff>().unwrap().to_string(), "on");
    }
}
