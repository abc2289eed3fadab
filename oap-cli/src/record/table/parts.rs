//! The files of a table: one at a time, a new one each hour. A file gets its name once it is whole.

use crate::record::table::columns::{schema, Column, Get, Row, COLUMNS};
use anyhow::Context;
use chrono::DateTime;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows, and bytes of bodies, that are held before they are written.
const GROUP_ROWS: usize = 65_536;
const GROUP_BYTES: usize = 32 << 20;

pub struct Parts {
    folder: PathBuf,
    host: String,
    rows: Vec<Row>,
    body_bytes: usize,
    open: Option<Part>,
    count: u32,
}

struct Part {
    hour: String,
    writer: SerializedFileWriter<File>,
    /// Under that name it is written, and under that one it is found.
    hidden: PathBuf,
    place: PathBuf,
}

impl Parts {
    /// # Errors
    /// Where the folder can't be made.
    pub fn create(folder: &Path, host: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
        let (folder, host) = (folder.to_owned(), host.to_owned());
        Ok(Parts { folder, host, rows: Vec::new(), body_bytes: 0, open: None, count: 0 })
    }

    /// # Errors
    /// Those of the files.
    pub fn push(&mut self, row: Row) -> anyhow::Result<()> {
        let hour = hour_of(row.time);
        if self.open.as_ref().is_some_and(|part| part.hour != hour) {
            self.close()?;
        }
        if self.open.is_none() {
            self.open = Some(self.create_part(hour)?);
        }
        self.body_bytes += row.body.as_ref().map_or(0, Vec::len);
        self.rows.push(row);
        if self.rows.len() >= GROUP_ROWS || self.body_bytes >= GROUP_BYTES {
            self.write_rows()?;
        }
        Ok(())
    }

    /// Closes the file, if there is one.
    ///
    /// # Errors
    /// Those of the file.
    pub fn close(&mut self) -> anyhow::Result<()> {
        self.write_rows()?;
        if let Some(part) = self.open.take() {
            part.writer.close()?;
            fs::rename(part.hidden, part.place)?;
        }
        Ok(())
    }

    fn create_part(&mut self, hour: String) -> anyhow::Result<Part> {
        self.count += 1;
        let folder = self.folder.join(format!("hour={hour}")).join(format!("host={}", self.host));
        fs::create_dir_all(&folder)?;
        let name = format!("{}-{}.parquet", std::process::id(), self.count);
        // Readers of partitions pass over names that begin with a point.
        let (hidden, place) = (folder.join(format!(".{name}")), folder.join(name));
        let schema = Arc::new(parse_message_type(&schema())?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(File::create(&hidden)?, schema, properties.into())?;
        Ok(Part { hour, writer, hidden, place })
    }

    fn write_rows(&mut self) -> anyhow::Result<()> {
        self.body_bytes = 0;
        let rows = std::mem::take(&mut self.rows);
        let Some(part) = self.open.as_mut().filter(|_| !rows.is_empty()) else { return Ok(()) };
        let mut group = part.writer.next_row_group()?;
        COLUMNS.iter().try_for_each(|column| write_column(&mut group, column, &rows))?;
        group.close()?;
        Ok(())
    }
}

/// `2026-11-30T20`, in UTC.
fn hour_of(microseconds: i64) -> String {
    let time = DateTime::from_timestamp_micros(microseconds).unwrap_or_default();
    time.format("%Y-%m-%dT%H").to_string()
}

type Group<'g> = SerializedRowGroupWriter<'g, File>;

fn write_column(group: &mut Group<'_>, column: &Column, rows: &[Row]) -> anyhow::Result<()> {
    let bytes = |bytes: &[u8]| ByteArray::from(bytes.to_vec());
    match column.get {
        Get::Time(get) | Get::Long(get) | Get::Count(get) => {
            write::<Int64Type>(group, rows.iter().map(get))
        }
        Get::Int(get) => write::<Int32Type>(group, rows.iter().map(get)),
        Get::Text(get) => {
            let texts = rows.iter().map(|row| get(row).map(|text| bytes(text.as_bytes())));
            write::<ByteArrayType>(group, texts)
        }
        Get::Bytes(get) => {
            write::<ByteArrayType>(group, rows.iter().map(|row| get(row).map(bytes)))
        }
    }
}

fn write<T: DataType>(
    group: &mut Group<'_>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> anyhow::Result<()> {
    let cells: Vec<_> = cells.collect();
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<_> = cells.into_iter().flatten().collect();
    let mut column = group.next_column()?.context("the schema has the column")?;
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_that_of_utc() {
        assert_eq!(hour_of(0), "1970-01-01T00");
        assert_eq!(hour_of(1_796_072_482_000_000), "2026-11-30T21");
    }
}
