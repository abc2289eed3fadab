//! One chunk into one table, in one call.

use crate::memory::words_of;
use crate::monitor::Watch;
use napi::bindgen_prelude::{BufferSlice, Env, Error, Result, Status, Uint32ArraySlice};
use napi_derive::napi;
use oap::{Config, Decoder, FrameTable, Reject, Row, Session, StreamDecoder};

/// Words of a row, and of the head of a table.
const ROW_WORDS: usize = size_of::<Row>() / size_of::<u32>();

/// What a call leaves in the head, a word each.
#[derive(Clone, Copy)]
struct Head {
    /// Rows that are filled.
    rows: usize,
    /// Bytes of the chunk that are dealt with.
    consumed: usize,
    /// The byte of the chunk that rows count their offsets from.
    shift: usize,
}

impl Head {
    fn of(words: &[u32]) -> Self {
        let [rows, consumed, shift] = [0, 1, 2].map(|place| words[place] as usize);
        Head { rows, consumed, shift }
    }

    fn write(self, ending: Ending, words: &mut [u32]) {
        let values = [self.rows, self.consumed, self.shift, ending as usize];
        for (word, value) in words.iter_mut().zip(values) {
            *word = value as u32;
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Ending {
    /// The chunk is used up.
    Done = 0,
    /// No row is left: call again with a larger table.
    Full = 1,
    /// A reject follows these rows.
    Rejected = 2,
}

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

/// Decodes `chunk` into the rows of `table`, whose first row is the head. Rows count their offsets from byte `shift` of
/// the chunk, but for a frame that an earlier chunk began: that is the first row, and its bytes are the buffer given
/// back, which JavaScript owns. After `Full`, call again with a larger table that begins with this one's words, and
/// with `again`.
pub(crate) fn fill<'env>(
    taker: &mut impl Taker,
    watch: &mut Watch,
    env: &'env Env,
    chunk: &[u8],
    table: &mut [u32],
    again: bool,
) -> Result<Option<BufferSlice<'env>>> {
    watch.start(again);
    let (words, rows) = split(table)?;
    let mut head = Head::of(if again { words } else { &[0; ROW_WORDS] });
    let mut lead = None;
    let ending = loop {
        let rest = chunk.get(head.consumed..).unwrap_or_default();
        let free = rows.get_mut(head.rows..).unwrap_or_default();
        let Ok(taken) = taker.take(rest, free) else {
            break Ending::Rejected;
        };
        let (start, first, need) = (head.consumed, head.rows, taken.need());
        head.consumed += taken.consumed();
        head.rows += taken.len();
        if !std::ptr::eq(taken.bytes(), rest) {
            lead = Some(BufferSlice::copy_from(env, taken.bytes())?);
            head.shift = head.consumed;
        } else if start != head.shift {
            move_rows(&mut rows[first..head.rows], start - head.shift);
        }
        if need > 0 {
            break Ending::Done;
        }
        if head.rows == rows.len() {
            break Ending::Full;
        }
    };
    if !matches!(ending, Ending::Full) {
        watch.read();
    }
    head.write(ending, words);
    Ok(lead)
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
    let (_, rows) = split(words_of(&mut table))?;
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
fn split(table: &mut [u32]) -> Result<(&mut [u32], &mut [Row])> {
    let wrong = || Error::new(Status::InvalidArg, "the table has no head or is not aligned");
    let (head, words) = table.split_at_mut_checked(ROW_WORDS).ok_or_else(wrong)?;
    // SAFETY: a row is plain integers, of which any bits are a value; `align_to_mut` sees to the alignment.
    match unsafe { words.align_to_mut::<Row>() } {
        ([], rows, _) => Ok((head, rows)),
        _ => Err(wrong()),
    }
}
