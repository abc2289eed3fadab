//! The JSON shapes of envelopes and configurations.

use oap::{Ack, Config, Data, End, Error, Frame, Hello, MonitorLimits, SeqRolloverPolicy, Start};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 64-bit number: a decimal string.
#[derive(Clone, Copy)]
pub struct U64(pub u64);

impl Serialize for U64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for U64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(U64).map_err(serde::de::Error::custom)
    }
}

/// Bytes: lowercase hex.
#[derive(Clone, Default)]
pub struct Hex(pub Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = self.0.iter().flat_map(|b| [b >> 4, b & 15]);
        let text: String = digits.map(|d| char::from(DIGITS[usize::from(d)])).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        unhex(&text).map(Hex).ok_or_else(|| serde::de::Error::custom("not hex"))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "UPPERCASE")]
pub enum Envelope {
    Hello {
        version: u32,
        max_frame: U64,
        #[serde(skip_serializing_if = "Option::is_none")]
        features: Option<U64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ack_window: Option<u32>,
    },
    Start {
        stream: String,
    },
    Data {
        seq: U64,
        #[serde(skip_serializing_if = "Option::is_none")]
        obj: Option<String>,
        /// Of an answer; a request's body tells it.
        #[serde(default)]
        len: usize,
        #[serde(default)]
        body: Hex,
    },
    Ack {
        up_to: U64,
    },
    End {
        seq: U64,
        status: u32,
    },
    Error {
        code: u32,
        reason: String,
    },
}

impl Envelope {
    pub fn frame(&self) -> Frame<'_> {
        match self {
            Envelope::Hello { version, max_frame, features, ack_window } => Frame::Hello(Hello {
                version: *version,
                max_frame: max_frame.0,
                features: features.map(|features| features.0),
                ack_window: *ack_window,
            }),
            Envelope::Start { stream } => Frame::Start(Start { stream }),
            Envelope::Data { seq, obj, body, .. } => {
                Frame::Data(Data { seq: seq.0, obj: obj.as_deref(), body: &body.0 })
            }
            Envelope::Ack { up_to } => Frame::Ack(Ack { up_to: up_to.0 }),
            Envelope::End { seq, status } => Frame::End(End { seq: seq.0, status: *status }),
            Envelope::Error { code, reason } => Frame::Error(Error { code: *code, reason }),
        }
    }
}

impl From<Frame<'_>> for Envelope {
    fn from(frame: Frame<'_>) -> Self {
        match frame {
            Frame::Hello(hello) => Envelope::Hello {
                version: hello.version,
                max_frame: U64(hello.max_frame),
                features: hello.features.map(U64),
                ack_window: hello.ack_window,
            },
            Frame::Start(start) => Envelope::Start { stream: start.stream.to_owned() },
            Frame::Data(data) => Envelope::Data {
                seq: U64(data.seq),
                obj: data.obj.map(str::to_owned),
                len: data.body.len(),
                body: Hex(data.body.to_vec()),
            },
            Frame::Ack(ack) => Envelope::Ack { up_to: U64(ack.up_to) },
            Frame::End(end) => Envelope::End { seq: U64(end.seq), status: end.status },
            Frame::Error(error) => {
                Envelope::Error { code: error.code, reason: error.reason.to_owned() }
            }
        }
    }
}

/// A Config, and the limits of a monitor.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    strict_headers: Option<bool>,
    enforce_obj_header_on_objects: Option<bool>,
    allow_pq_hello_flags: Option<bool>,
    seq_rollover_policy: Option<String>,
    ack_window_frames: Option<u64>,
    max_frame: Option<U64>,
    features: Option<U64>,
    reject_limit_permille: Option<u64>,
    reject_min_events: Option<u64>,
    ack_starvation_limit_ns: Option<u64>,
    inflight_capacity: Option<u64>,
    backpressure_high_percent: Option<u64>,
    backpressure_low_percent: Option<u64>,
}

impl Settings {
    pub fn limits(&self) -> MonitorLimits {
        let mut limits = MonitorLimits::default();
        let set = |limit: &mut u64, value: Option<u64>| *limit = value.unwrap_or(*limit);
        set(&mut limits.reject_limit_permille, self.reject_limit_permille);
        set(&mut limits.reject_min_events, self.reject_min_events);
        set(&mut limits.ack_starvation_limit_ns, self.ack_starvation_limit_ns);
        set(&mut limits.inflight_capacity, self.inflight_capacity);
        set(&mut limits.backpressure_high_percent, self.backpressure_high_percent);
        set(&mut limits.backpressure_low_percent, self.backpressure_low_percent);
        limits
    }

    pub fn config(&self) -> Result<Config, String> {
        let default = Config::default();
        let policy = match &self.seq_rollover_policy {
            None => default.seq_rollover_policy(),
            Some(name) => SeqRolloverPolicy::from_name(name)
                .ok_or_else(|| format!("seq_rollover_policy = {name:?} is not error or wrap"))?,
        };
        let enforce = self.enforce_obj_header_on_objects;
        let max_frame = self.max_frame.map_or(default.max_frame() as u64, |max| max.0);
        let window = self.ack_window_frames.unwrap_or(default.ack_window_frames().into());
        default
            .with_strict_headers(self.strict_headers.unwrap_or(default.strict_headers()))
            .with_enforce_obj_header_on_objects(
                enforce.unwrap_or(default.enforce_obj_header_on_objects()),
            )
            .with_allow_pq_hello_flags(
                self.allow_pq_hello_flags.unwrap_or(default.allow_pq_hello_flags()),
            )
            .with_seq_rollover_policy(policy)
            .with_features(self.features.map(|features| features.0))
            .with_ack_window_frames(window)
            .and_then(|config| config.with_max_frame(max_frame))
            .map_err(|error| error.to_string())
    }
}
