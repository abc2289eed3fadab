//! One chunk into one table, in one call.

use crate::memory::words_of;
use crate::monitor::CallTimer;
use crate::rejection::Failure;
use napi::bindgen_prelude::{Error, Result, Status, Uint32ArraySlice};
use napi_derive::napi;
use oap::{Config, Decoder, FrameTable, Kind, Reject, Row, Session, StreamDecoder};

/// Words of a row, and of the head of a table.
const ROW_WORDS: usize = size_of::<Row>() / size_of::<u32>();

/// Words behind the rows: room for the bytes of a small frame that an earlier chunk began. JavaScript copies them byte by
/// byte; of a larger frame a Buffer is made.
pub(crate) const PARTIAL_WORDS: usize = 128;

/// The words of a table with so many rows, its head and the room behind it included.
pub(crate) fn table_words(rows: u32) -> Option<usize> {
    (rows as usize).checked_add(1)?.checked_mul(ROW_WORDS)?.checked_add(PARTIAL_WORDS)
}

/// The results that a call leaves in the head, a word each, and how it ended behind them.
#[derive(Clone, Copy, Default)]
struct Head {
    /// Rows that are filled.
    rows: usize,
    /// Bytes of the chunk that are dealt with.
    consumed: usize,
    /// The byte of the chunk that rows count their offsets from.
    shift: usize,
    /// Bytes of the first frame, where an earlier chunk began it.
    partial: usize,
}

impl Head {
    fn of(words: &[u32]) -> Self {
        let word = |place: HeadWord| words[place as usize] as usize;
        Head {
            rows: word(HeadWord::Rows),
            consumed: word(HeadWord::Consumed),
            shift: word(HeadWord::Shift),
            partial: word(HeadWord::Partial),
        }
    }

    fn write(self, ending: Ending, words: &mut [u32]) {
        let Head { rows, consumed, shift, partial } = self;
        words[HeadWord::Rows as usize] = rows as u32;
        words[HeadWord::Consumed as usize] = consumed as u32;
        words[HeadWord::Shift as usize] = shift as u32;
        words[HeadWord::Partial as usize] = partial as u32;
        words[HeadWord::Ending as usize] = ending as u32;
    }
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq)]
#[repr(u32)]
pub(crate) enum Ending {
    /// The chunk is used up.
    Done = 0,
    /// No row is left: call again with a larger table.
    Full = 1,
    /// A reject follows these rows.
    Rejected = 2,
    /// The chunk is not what can be read here: nothing was done.
    Unreadable = 3,
}

/// The words of the head.
#[repr(usize)]
pub(crate) enum HeadWord {
    Rows = 0,
    Consumed,
    Shift,
    Partial,
    /// How the call ended.
    Ending,
    /// JavaScript puts the number of the slot here.
    Slot,
}

/// Decodes chunks: a decoder, or a session.
pub(crate) trait ChunkDecoder {
    fn decode<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> std::result::Result<FrameTable<'t>, Reject>;
}

impl ChunkDecoder for StreamDecoder {
    #[inline]
    fn decode<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> std::result::Result<FrameTable<'t>, Reject> {
        self.feed(chunk, rows)
    }
}

impl ChunkDecoder for Session {
    #[inline]
    fn decode<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> std::result::Result<FrameTable<'t>, Reject> {
        self.recv(chunk, rows)
    }
}

/// The memory that one call works on.
pub(crate) struct Table<'t> {
    head: &'t mut [u32],
    rows: &'t mut [Row],
    partial: &'t mut [u8],
}

impl<'t> Table<'t> {
    pub fn of(words: &'t mut [u32]) -> Option<Self> {
        let (table, partial) = words.split_at_mut(words.len().checked_sub(PARTIAL_WORDS)?);
        let (head, rows) = split(table)?;
        // SAFETY: bytes have no alignment, and any of them is a value.
        let (_, partial, _) = unsafe { partial.align_to_mut::<u8>() };
        Some(Table { head, rows, partial })
    }

    pub fn slot(words: &[u32]) -> usize {
        words[HeadWord::Slot as usize] as usize
    }

    pub fn mark_unreadable(words: &mut [u32]) {
        words[HeadWord::Ending as usize] = Ending::Unreadable as u32;
    }
}

/// A decoder or session, and what a call has to know of those before.
pub(crate) struct Slot<T> {
    pub inner: T,
    pub timer: CallTimer,
    /// The last call ran out of rows: the next one goes on with its chunk.
    full: bool,
}

impl<T> Slot<T> {
    pub const fn new(inner: T, timer: CallTimer) -> Self {
        Slot { inner, timer, full: false }
    }
}

/// A slot, whatever is in it.
pub(crate) trait DecodeChunk {
    /// Decodes `chunk` into the rows of `table`, whose first row is the head. Rows count their offsets from byte `shift`
    /// of the chunk, but for a frame that an earlier chunk began: that is the first row, and its bytes stand behind the
    /// rows where there is room for them, else `large` is given them. After `Full`, call again with the same chunk and a
    /// larger table that begins with this one's words.
    fn decode_chunk(&mut self, chunk: &[u8], table: Table<'_>, large: &mut dyn FnMut(&[u8]));
}

impl<T: ChunkDecoder> DecodeChunk for Slot<T> {
    fn decode_chunk(&mut self, chunk: &[u8], table: Table<'_>, large: &mut dyn FnMut(&[u8])) {
        self.timer.start(self.full);
        let Table { head: words, rows, partial } = table;
        let mut head = if self.full { Head::of(words) } else { Head::default() };
        let ending = loop {
            let rest = chunk.get(head.consumed..).unwrap_or_default();
            let free = rows.get_mut(head.rows..).unwrap_or_default();
            let Ok(found) = self.inner.decode(rest, free) else {
                break Ending::Rejected;
            };
            let (start, first, more) = (head.consumed, head.rows, found.more());
            head.consumed += found.consumed();
            head.rows += found.len();
            if !std::ptr::eq(found.bytes(), rest) {
                // A connection keeps some frames for itself.
                if !found.is_empty() {
                    head.partial = found.bytes().len();
                    match partial.get_mut(..head.partial) {
                        Some(room) => room.copy_from_slice(found.bytes()),
                        None => large(found.bytes()),
                    }
                }
                head.shift = head.consumed;
            } else if start != head.shift {
                move_rows(&mut rows[first..head.rows], start - head.shift);
            }
            if !more {
                break Ending::Done;
            }
            if head.rows == rows.len() {
                break Ending::Full;
            }
        };
        self.full = ending == Ending::Full;
        if !self.full {
            self.timer.observe_read();
        }
        head.write(ending, words);
    }
}

fn move_rows(rows: &mut [Row], by: usize) {
    for row in rows {
        row.body_offset += by as u32;
        row.text_offset += by as u32;
    }
}

/// Fills a table anew that holds the row of the frame `partial`, if that is not empty, and those of `chunk` from byte
/// `shift` on, which have all been decoded before; those alone that a connection gives, if it was one. `false`: these
/// bytes hold other frames.
#[napi(catch_unwind)]
pub fn decode_again(
    partial: &[u8],
    chunk: &[u8],
    shift: u32,
    mut table: Uint32ArraySlice<'_>,
    of_connection: bool,
) -> Result<bool> {
    let words = words_of(&mut table, &[partial, chunk]).map_err(Failure::into_error)?;
    let (_, rows) = split(words).ok_or_else(no_room)?;
    let (first, others) = rows.split_at_mut(usize::from(!partial.is_empty()));
    let rest = chunk.get(shift as usize..).unwrap_or_default();
    let holds = if of_connection { holds_given } else { holds };
    Ok(holds(partial, first) && holds(rest, others))
}

pub(crate) fn no_room() -> Error {
    Error::new(Status::InvalidArg, "no room for a table")
}

/// Whether `bytes` begin with as many frames as there are rows. A frame that strict took is the same to a relaxed decoder.
fn holds(bytes: &[u8], rows: &mut [Row]) -> bool {
    let wanted = rows.len();
    let mut decoder = Decoder::new(Config::default().with_strict_headers(false));
    wanted == 0 || decoder.decode_table(bytes, rows).is_ok_and(|table| table.len() == wanted)
}

/// The same of the frames that a connection gives: START, DATA and END.
fn holds_given(bytes: &[u8], rows: &mut [Row]) -> bool {
    let mut decoder = Decoder::new(Config::default().with_strict_headers(false));
    let mut found = [Row::default(); 1];
    let (mut at, mut kept) = (0, 0);
    while let Some(place) = rows.get_mut(kept) {
        let consumed = match decoder.decode_table(&bytes[at..], &mut found) {
            Ok(table) if !table.is_empty() => table.consumed(),
            _ => return false,
        };
        if matches!(Kind::from_byte(found[0].kind), Some(Kind::Start | Kind::Data | Kind::End)) {
            move_rows(&mut found, at);
            *place = found[0];
            kept += 1;
        }
        at += consumed;
    }
    true
}

/// The head, and the rows.
fn split(table: &mut [u32]) -> Option<(&mut [u32], &mut [Row])> {
    let (head, words) = table.split_at_mut_checked(ROW_WORDS)?;
    // SAFETY: a row is plain integers, of which any bits are a value; `align_to_mut` sees to the alignment.
    match unsafe { words.align_to_mut::<Row>() } {
        ([], rows, _) => Some((head, rows)),
        _ => None,
    }
}
