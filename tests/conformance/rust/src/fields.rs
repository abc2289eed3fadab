//! Reads the values of a request: an object's fields are taken one by one, until none is left.

use serde_json::{Map, Value};

pub type Read<T> = Result<T, String>;

pub trait FromJson: Sized {
    fn from_json(value: Value) -> Read<Self>;
}

pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn take<T: FromJson>(&mut self, name: &str) -> Read<T> {
        self.maybe(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    pub fn maybe<T: FromJson>(&mut self, name: &str) -> Read<Option<T>> {
        let value = self.0.remove(name).map(T::from_json).transpose();
        value.map_err(|why| format!("{name}: {why}"))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The name of a field that is left.
    pub fn next_name(&self) -> Option<String> {
        self.0.keys().next().cloned()
    }

    /// What was read of an object with no other field.
    pub fn end<T>(self, read: T) -> Read<T> {
        match self.next_name() {
            Some(name) => Err(format!("{name} is unknown")),
            None => Ok(read),
        }
    }
}

impl FromJson for Fields {
    fn from_json(value: Value) -> Read<Self> {
        match value {
            Value::Object(fields) => Ok(Fields(fields)),
            _ => Err("not an object".to_owned()),
        }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Value) -> Read<Self> {
        match value {
            Value::Array(items) => items.into_iter().map(T::from_json).collect(),
            _ => Err("not a list".to_owned()),
        }
    }
}

impl FromJson for String {
    fn from_json(value: Value) -> Read<Self> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err("not a string".to_owned()),
        }
    }
}

/// The value of what has none: `true`.
pub struct True;

impl FromJson for True {
    fn from_json(value: Value) -> Read<Self> {
        bool::from_json(value)?.then_some(True).ok_or_else(|| "not true".to_owned())
    }
}

impl FromJson for bool {
    fn from_json(value: Value) -> Read<Self> {
        value.as_bool().ok_or_else(|| "neither true nor false".to_owned())
    }
}

impl FromJson for u64 {
    fn from_json(value: Value) -> Read<Self> {
        value.as_u64().ok_or_else(|| "not a whole number".to_owned())
    }
}

impl FromJson for usize {
    fn from_json(value: Value) -> Read<Self> {
        u64::from_json(value)?.try_into().map_err(|_| "too large".to_owned())
    }
}

impl FromJson for u32 {
    fn from_json(value: Value) -> Read<Self> {
        u64::from_json(value)?.try_into().map_err(|_| "more than 32 bits".to_owned())
    }
}

/// A 64-bit number: a decimal string without leading zeros.
#[derive(Clone, Copy)]
pub struct U64(pub u64);

impl FromJson for U64 {
    fn from_json(value: Value) -> Read<Self> {
        let text = String::from_json(value)?;
        match text.parse() {
            Ok(number) if text == u64::to_string(&number) => Ok(U64(number)),
            _ => Err("not a decimal string of 64 bits".to_owned()),
        }
    }
}

/// Bytes: lowercase hex.
pub struct Hex(pub Vec<u8>);

impl FromJson for Hex {
    fn from_json(value: Value) -> Read<Self> {
        unhex(&String::from_json(value)?).map(Hex).ok_or_else(|| "not lowercase hex".to_owned())
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let nibbles: Vec<u8> = text.bytes().map(nibble).collect::<Option<_>>()?;
    let pairs = nibbles.chunks(2).map(|pair| Some(pair[0] << 4 | *pair.get(1)?));
    pairs.collect()
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
