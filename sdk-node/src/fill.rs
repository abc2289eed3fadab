//! One chunk into one table, in one call.

use crate::memory::words_of;
use crate::monitor::Watch;
use napi::bindgen_prelude::{Error, Result, Status, Uint32ArraySlice};
use napi_derive::napi;
use oap::{Config, Decoder, FrameTable, Reject, Row, Session, StreamDecoder};

/// Words of a row, and of the head of a table.
const ROW_WORDS: usize = size_of::<Row>() / size_of::<u32>();

/// Words behind the rows: room for the bytes of a frame that an earlier chunk began.
pub(crate) const LEAD_WORDS: usize = 1024;

/// What a call leaves in the head, a word each, and how it ended behind them.
#[derive(Clone, Copy, Default)]
struct Head {
    /// Rows that are filled.
    rows: usize,
    /// Bytes of the chunk that are dealt with.
    consumed: usize,
    /// The byte of the chunk that rows count their offsets from.
    shift: usize,
    /// Bytes of the lead.
    lead: usize,
}

impl Head {
    fn of(words: &[u32]) -> Self {
        let [rows, consumed, shift, lead] = [0, 1, 2, 3].map(|place| words[place] as usize);
        Head { rows, consumed, shift, lead }
    }

    fn write(self, ending: Ending, words: &mut [u32]) {
        let values = [self.rows, self.consumed, self.shift, self.lead];
        for (word, value) in words.iter_mut().zip(values) {
            *word = value as u32;
        }
        words[ENDING] = ending as u32;
    }
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq)]
#[repr(u32)]
enum Ending {
    /// The chunk is used up.
    Done = 0,
    /// No row is left: call again with a larger table.
    Full = 1,
    /// A reject follows these rows.
    Rejected = 2,
    /// The chunk is not what can be read here: nothing was done.
    Refused = 3,
}

/// The place of `Ending` in the head.
const ENDING: usize = 4;
/// The place where JavaScript says whose seat it is.
const SEAT: usize = 5;

/// What takes chunks: a decoder, or a session.
pub(crate) trait Taker {
    fn take<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> std::result::Result<FrameTable<'t>, Reject>;
}

impl Taker for StreamDecoder {
    #[inline]
    fn take<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> std::result::Result<FrameTable<'t>, Reject> {
        self.feed(chunk, rows)
    }
}

impl Taker for Session {
    #[inline]
    fn take<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> std::result::Result<FrameTable<'t>, Reject> {
        self.recv(chunk, rows)
    }
}

/// What one call works on.
pub(crate) struct Table<'t> {
    head: &'t mut [u32],
    rows: &'t mut [Row],
    lead: &'t mut [u8],
}

impl<'t> Table<'t> {
    pub fn of(words: &'t mut [u32]) -> Option<Self> {
        let (table, lead) = words.split_at_mut(words.len().checked_sub(LEAD_WORDS)?);
        let (head, rows) = split(table)?;
        // SAFETY: bytes have no alignment, and any of them is a value.
        let (_, lead, _) = unsafe { lead.align_to_mut::<u8>() };
        Some(Table { head, rows, lead })
    }

    pub fn seat(words: &[u32]) -> usize {
        words[SEAT] as usize
    }

    pub fn refuse(words: &mut [u32]) {
        words[ENDING] = Ending::Refused as u32;
    }
}

/// A taker, and what a call has to know of those before.
pub(crate) struct Seat<T> {
    pub taker: T,
    pub watch: Watch,
    /// The last call ran out of rows: the next one goes on with its chunk.
    full: bool,
}

impl<T> Seat<T> {
    pub const fn new(taker: T, watch: Watch) -> Self {
        Seat { taker, watch, full: false }
    }
}

/// A seat, whatever its taker.
pub(crate) trait Fill {
    /// Decodes `chunk` into the rows of `table`, whose first row is the head. Rows count their offsets from byte `shift`
    /// of the chunk, but for a frame that an earlier chunk began: that is the first row, and its bytes are the lead. They
    /// stand behind the rows where there is room for them, else `large` is given them. After `Full`, call again with the
    /// same chunk and a larger table that begins with this one's words.
    fn fill(&mut self, chunk: &[u8], table: Table<'_>, large: &mut dyn FnMut(&[u8]));
}

impl<T: Taker> Fill for Seat<T> {
    fn fill(&mut self, chunk: &[u8], table: Table<'_>, large: &mut dyn FnMut(&[u8])) {
        self.watch.start(self.full);
        let Table { head: words, rows, lead } = table;
        let mut head = if self.full { Head::of(words) } else { Head::default() };
        let ending = loop {
            let rest = chunk.get(head.consumed..).unwrap_or_default();
            let free = rows.get_mut(head.rows..).unwrap_or_default();
            let Ok(taken) = self.taker.take(rest, free) else {
                break Ending::Rejected;
            };
            let (start, first, more) = (head.consumed, head.rows, taken.more());
            head.consumed += taken.consumed();
            head.rows += taken.len();
            if !std::ptr::eq(taken.bytes(), rest) {
                head.lead = taken.bytes().len();
                match lead.get_mut(..head.lead) {
                    Some(room) => room.copy_from_slice(taken.bytes()),
                    None => large(taken.bytes()),
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
            self.watch.read();
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

/// Fills a table anew that holds the rows of `lead`, if it is not empty, and of `chunk` from byte `shift` on, which
/// have all been decoded before. `false`: these bytes hold other frames.
#[napi(catch_unwind)]
pub fn refill(
    lead: &[u8],
    chunk: &[u8],
    shift: u32,
    mut table: Uint32ArraySlice<'_>,
) -> Result<bool> {
    let wrong = || Error::new(Status::InvalidArg, "no room for a table");
    let (_, rows) = split(words_of(&mut table)).ok_or_else(wrong)?;
    let (first, others) = rows.split_at_mut(usize::from(!lead.is_empty()));
    let rest = chunk.get(shift as usize..).unwrap_or_default();
    Ok(holds(lead, first) && holds(rest, others))
}

/// Whether `bytes` begin with as many frames as there are rows. What strict took is the same to a relaxed decoder.
fn holds(bytes: &[u8], rows: &mut [Row]) -> bool {
    let wanted = rows.len();
    let mut decoder = Decoder::new(Config::default().with_strict_headers(false));
    wanted == 0 || decoder.decode_table(bytes, rows).is_ok_and(|table| table.len() == wanted)
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
