//! What serde's derive can't write: bodies as bytes, reasons as labels, rejects.

use crate::reject::{Fault, Reason, Reject};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A body is bytes, not a sequence of numbers, where the format knows the difference.
pub(crate) fn as_bytes<S: Serializer>(body: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(body)
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Label)
    }
}

struct Label;

impl Visitor<'_> for Label {
    type Value = Reason;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the label of a reject of OAP/1")
    }

    fn visit_str<E: Error>(self, label: &str) -> Result<Reason, E> {
        let found = Reason::ALL.into_iter().find(|reason| reason.label() == label);
        found.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(label), &self))
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Fault", 4)?;
        serialize_fault(self, &mut fields)?;
        fields.end()
    }
}

impl Serialize for Reject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Reject", 6)?;
        serialize_fault(self.fault(), &mut fields)?;
        fields.serialize_field("offset", &self.offset())?;
        fields.serialize_field("at", &self.at())?;
        fields.end()
    }
}

fn serialize_fault<F: SerializeStruct>(fault: &Fault, fields: &mut F) -> Result<(), F::Error> {
    fields.serialize_field("reason", &fault.reason())?;
    fields.serialize_field("field", fault.field())?;
    fields.serialize_field("detail", fault.detail())?;
    fields.serialize_field("limit", &fault.limit_value())
}
