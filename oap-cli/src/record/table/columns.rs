//! The columns of a recording: the schema and the values come from one list.

use crate::record::frames::Secrets;
use oap::Frame;

/// A frame, or a reject without one.
#[derive(Default)]
pub struct Row {
    /// Microseconds since 1970.
    pub time: i64,
    pub connection: i64,
    pub peer: String,
    pub direction: &'static str,
    pub kind: Option<&'static str>,
    pub stream: Option<String>,
    /// DATA, END: seq. ACK: up_to.
    pub seq: Option<u64>,
    pub obj: Option<String>,
    pub frame_bytes: i32,
    pub body_bytes: i32,
    pub status: Option<i32>,
    pub code: Option<i32>,
    pub max_frame: Option<i32>,
    pub ack_window: Option<i32>,
    pub features: Option<u64>,
    pub body: Option<Vec<u8>>,
    pub credit: i32,
    pub in_flight: i32,
    pub reject: Option<&'static str>,
    pub rule: Option<&'static str>,
}

/// How a column is written, and where its value stands in a row.
pub enum Get {
    Time(fn(&Row) -> Option<i64>),
    Long(fn(&Row) -> Option<i64>),
    /// 64 bits without a sign.
    Count(fn(&Row) -> Option<i64>),
    Int(fn(&Row) -> Option<i32>),
    Text(fn(&Row) -> Option<&str>),
    Bytes(fn(&Row) -> Option<&[u8]>),
}

pub struct Column {
    pub name: &'static str,
    pub get: Get,
}

const fn column(name: &'static str, get: Get) -> Column {
    Column { name, get }
}

/// All columns, in their order.
pub const COLUMNS: &[Column] = &[
    column("time", Get::Time(|row| Some(row.time))),
    column("connection", Get::Long(|row| Some(row.connection))),
    column("peer", Get::Text(|row| Some(&row.peer))),
    column("direction", Get::Text(|row| Some(row.direction))),
    column("kind", Get::Text(|row| row.kind)),
    column("stream", Get::Text(|row| row.stream.as_deref())),
    column("seq", Get::Count(|row| row.seq.map(u64::cast_signed))),
    column("obj", Get::Text(|row| row.obj.as_deref())),
    column("frame_bytes", Get::Int(|row| Some(row.frame_bytes))),
    column("body_bytes", Get::Int(|row| Some(row.body_bytes))),
    column("status", Get::Int(|row| row.status)),
    column("code", Get::Int(|row| row.code)),
    column("max_frame", Get::Int(|row| row.max_frame)),
    column("ack_window", Get::Int(|row| row.ack_window)),
    column("features", Get::Count(|row| row.features.map(u64::cast_signed))),
    column("body", Get::Bytes(|row| row.body.as_deref())),
    column("credit", Get::Int(|row| Some(row.credit))),
    column("in_flight", Get::Int(|row| Some(row.in_flight))),
    column("reject", Get::Text(|row| row.reject)),
    column("rule", Get::Text(|row| row.rule)),
];

/// The schema as Parquet writes it. Every column is optional: no reader has to ask.
pub fn schema() -> String {
    let column = |column: &Column| {
        let (name, ty) = (column.name, column.get.ty());
        format!("optional {} {name} {};", ty.0, ty.1)
    };
    let columns: Vec<_> = COLUMNS.iter().map(column).collect();
    format!("message frames {{ {} }}", columns.join(" "))
}

impl Get {
    /// The type on disk, and what it means.
    const fn ty(&self) -> (&'static str, &'static str) {
        match self {
            // Microseconds: Spark reads no nanoseconds.
            Get::Time(_) => ("int64", "(TIMESTAMP(MICROS,true))"),
            Get::Long(_) => ("int64", ""),
            Get::Count(_) => ("int64", "(INTEGER(64,false))"),
            Get::Int(_) => ("int32", ""),
            Get::Text(_) => ("byte_array", "(STRING)"),
            Get::Bytes(_) => ("byte_array", ""),
        }
    }
}

impl Row {
    pub fn set_frame(&mut self, frame: &Frame<'_>, wire_bytes: usize, secrets: Secrets) {
        self.kind = Some(frame.kind().name());
        self.frame_bytes = wire_bytes as i32;
        match frame {
            Frame::Hello(hello) => {
                self.max_frame = Some(hello.max_frame as i32);
                self.ack_window = hello.ack_window.map(|window| window as i32);
                self.features = hello.features.filter(|_| secrets.features);
            }
            Frame::Start(_) => {}
            Frame::Data(data) => {
                self.seq = Some(data.seq);
                self.obj = data.obj.map(str::to_owned);
                self.body_bytes = data.body.len() as i32;
                self.body = secrets.bodies.then(|| data.body.to_vec());
            }
            Frame::Ack(ack) => self.seq = Some(ack.up_to),
            Frame::End(end) => {
                self.seq = Some(end.seq);
                self.status = Some(end.status as i32);
            }
            Frame::Error(error) => self.code = Some(error.code as i32),
        }
    }
}
