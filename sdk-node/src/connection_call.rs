//! The hot calls of connections. What a call is for stands in a desk, memory that both halves know, and there it leaves
//! how the connection stands then: no number crosses, and nobody has to ask afterwards.

use crate::engine::{Connected, Engine, Sent, SENT_BASE};
use crate::kept_memory::{call, object, plain_elements, NewMemory};
use crate::slots::{slot_of, SlotNumber, Slots};
use napi::bindgen_prelude::{Env, Result, Unknown};
use napi::sys;
use napi_derive::napi;
use oap::Piece;
use std::cell::RefCell;
use std::ptr::null_mut;
use std::rc::Rc;
use std::slice;

thread_local! {
    static CONNECTIONS: RefCell<Slots<Connected>> = RefCell::default();
}

/// The number of a connection at a desk.
pub(crate) type ConnectionNumber = SlotNumber<Connected>;

pub(crate) fn connection_number(slot: Rc<RefCell<Connected>>) -> ConnectionNumber {
    SlotNumber::of(slot, &CONNECTIONS)
}

/// What a call does.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum Act {
    /// Nothing: how does it stand?
    Look = 0,
    /// The application has taken `First` frames more.
    Take,
    /// `First` bytes are written.
    Transmitted,
    /// Copies what is to be written to the bytes, as far as they have room, and writes the pieces, `Result` of them: twice
    /// the length, and 1 where it is a body that JavaScript keeps.
    Transmit,
    /// Queues DATA: `Count` bodies that lie one behind the other from byte `At` on, their lengths from place `First` on.
    /// `Result` is how many were queued, times 8, and how the next one went.
    Data,
    /// Queues a DATA of `First` bytes that JavaScript keeps.
    DataHead,
}

impl Act {
    const ALL: [Act; 6] =
        [Act::Look, Act::Take, Act::Transmitted, Act::Transmit, Act::Data, Act::DataHead];
}

/// The places of a desk.
#[repr(usize)]
pub(crate) enum DeskPlace {
    /// What JavaScript says.
    Act = 0,
    Connection,
    First,
    Count,
    At,
    /// What it is told.
    Result,
    State,
    WantsRead,
    WantsWrite,
    /// Milliseconds until the next deadline; below 0 there is none.
    Timeout,
    Credit,
    InFlight,
    /// Bytes that wait to be written.
    Queued,
    /// Whether a stream is open, either way.
    Streams,
    Untaken,
    Pieces,
}

/// The most pieces of one write.
pub(crate) const DESK_PIECES: usize = 64;
const DESK_PLACES: usize = DeskPlace::Pieces as usize + DESK_PIECES;

/// A desk: `{ places, call }`, a Float64Array and `call(bytes, lengths, obj)`, which does what the desk says.
#[napi(catch_unwind)]
pub fn new_desk(env: &Env) -> Result<Unknown<'_>> {
    let env = env.raw();
    let words = DESK_PLACES * size_of::<f64>() / size_of::<u32>();
    // SAFETY: values of this call's scope, and the length is that of the memory that was made for it.
    unsafe {
        let memory = NewMemory::of_words(env, words)?;
        let places = memory.view(env, sys::TypedarrayType::float64_array, 0, DESK_PLACES)?;
        let views = [(c"places", places), (c"call", memory.function(env, c"call", act)?)];
        Ok(Unknown::from_raw_unchecked(env, object(env, &views)?))
    }
}

unsafe extern "C" fn act(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: Node-API calls it as the function that it is.
    unsafe { call(env, info, act_by_desk) }
}

/// # Safety
///
/// The arguments are those of this call.
#[inline]
unsafe fn act_by_desk(
    env: sys::napi_env,
    arguments: [sys::napi_value; 3],
    words: &mut [u32],
) -> std::result::Result<sys::napi_value, &'static str> {
    // SAFETY: any bits are a value; `align_to_mut` sees to the alignment.
    let (_, desk, _) = unsafe { words.align_to_mut::<f64>() };
    let desk = Desk(<&mut [f64; DESK_PLACES]>::try_from(desk).map_err(|_| "no desk")?);
    let number = desk.number(DeskPlace::Connection);
    let slot = slot_of(&CONNECTIONS, number).ok_or("no such connection")?;
    // SAFETY: the arguments of this call.
    unsafe { step(env, arguments, desk, &mut slot.borrow_mut()) }.ok_or("no such bodies")?;
    Ok(null_mut())
}

/// `None` where the arguments are not what the act needs.
///
/// # Safety
///
/// As `act_by_desk`.
#[inline]
unsafe fn step(
    env: sys::napi_env,
    [bytes, lengths, obj]: [sys::napi_value; 3],
    mut desk: Desk<'_>,
    slot: &mut Connected,
) -> Option<()> {
    let first = desk.number(DeskPlace::First);
    match *Act::ALL.get(desk.number(DeskPlace::Act))? {
        Act::Look => {}
        Act::Take => slot.inner.act(|connection, now| connection.take(now, first)),
        Act::Transmitted => slot.inner.act(|connection, now| connection.transmitted(now, first)),
        Act::Transmit => {
            // SAFETY: an argument of this call. No other slice of it refers to this memory, and no JavaScript runs.
            let out = unsafe { elements_mut(env, bytes, sys::TypedarrayType::uint8_array) }?;
            transmit(slot, out, &mut desk);
        }
        Act::Data => {
            let range = (desk.number(DeskPlace::At), first, desk.number(DeskPlace::Count));
            // SAFETY: arguments of this call; they are only read.
            let (bytes, lengths, obj) = unsafe {
                (
                    elements::<u8>(env, bytes, sys::TypedarrayType::uint8_array)?,
                    elements::<u32>(env, lengths, sys::TypedarrayType::uint32_array)?,
                    text(env, obj),
                )
            };
            desk.set(DeskPlace::Result, data(slot, bytes, lengths, range, obj.as_deref())?);
        }
        Act::DataHead => {
            // SAFETY: an argument of this call.
            let obj = unsafe { text(env, obj) };
            let sent = slot
                .inner
                .send(|connection, now| connection.data_head(now, obj.as_deref(), first).map(drop));
            desk.set(DeskPlace::Result, sent as u32);
        }
    }
    desk.show(&slot.inner);
    Some(())
}

/// # Safety
///
/// An argument of this call, over whose memory nothing writes.
unsafe fn elements<'a, T>(
    env: sys::napi_env,
    value: sys::napi_value,
    kind: i32,
) -> Option<&'a [T]> {
    // SAFETY: `kind` is that of T's; the elements are good for this call.
    unsafe {
        let (start, len) = plain_elements::<T>(env, value, kind)?;
        Some(slice::from_raw_parts(start, len))
    }
}

/// # Safety
///
/// An argument of this call, and the only one over its memory.
unsafe fn elements_mut<'a, T>(
    env: sys::napi_env,
    value: sys::napi_value,
    kind: i32,
) -> Option<&'a mut [T]> {
    // SAFETY: `kind` is that of T's; the elements are good for this call.
    unsafe {
        let (start, len) = plain_elements::<T>(env, value, kind)?;
        Some(slice::from_raw_parts_mut(start, len))
    }
}

/// The text of an address: as much of it as shows that it is one or none.
///
/// # Safety
///
/// An argument of this call.
unsafe fn text(env: sys::napi_env, value: sys::napi_value) -> Option<String> {
    let (mut bytes, mut len) = ([0_u8; 256], 0);
    // SAFETY: room for so many bytes; a value that is no string is a status.
    let status = unsafe {
        let to = bytes.as_mut_ptr().cast();
        sys::napi_get_value_string_utf8(env, value, to, bytes.len(), &mut len)
    };
    (status == sys::Status::napi_ok).then(|| String::from_utf8_lossy(&bytes[..len]).into_owned())
}

fn transmit(slot: &mut Connected, mut room: &mut [u8], desk: &mut Desk<'_>) {
    let mut count = 0;
    let Connected { inner, .. } = slot;
    inner.act(|connection, now| {
        for (piece, place) in connection.transmit(now).zip(desk.pieces()) {
            count += 1;
            match piece {
                Piece::Body(length) => *place = (2 * length + 1) as f64,
                Piece::Bytes(bytes) => {
                    let fits = bytes.len().min(room.len());
                    let (taken, left) = std::mem::take(&mut room).split_at_mut(fits);
                    taken.copy_from_slice(&bytes[..fits]);
                    *place = (2 * fits) as f64;
                    room = left;
                    if fits < bytes.len() {
                        break;
                    }
                }
            }
        }
    });
    desk.set(DeskPlace::Result, count);
}

fn data(
    slot: &mut Connected,
    bytes: &[u8],
    lengths: &[u32],
    (at, first, count): (usize, usize, usize),
    obj: Option<&str>,
) -> Option<u32> {
    let lengths = lengths.get(first..)?.get(..count)?;
    let mut rest = bytes.get(at..)?;
    slot.timer.start(false);
    let mut queued = 0;
    for &length in lengths {
        let (body, behind) = rest.split_at_checked(length as usize)?;
        let sent = slot.inner.send(|connection, now| connection.data(now, obj, body).map(drop));
        if !matches!(sent, Sent::Queued) {
            return Some(queued * SENT_BASE + sent as u32);
        }
        rest = behind;
        queued += 1;
    }
    slot.timer.observe_write();
    Some(queued * SENT_BASE)
}

/// A desk during a call.
struct Desk<'a>(&'a mut [f64; DESK_PLACES]);

impl Desk<'_> {
    fn number(&self, place: DeskPlace) -> usize {
        self.0[place as usize] as usize
    }

    fn pieces(&mut self) -> &mut [f64] {
        &mut self.0[DeskPlace::Pieces as usize..]
    }

    fn set(&mut self, place: DeskPlace, value: impl Into<f64>) {
        self.0[place as usize] = value.into();
    }

    /// Writes how it stands.
    fn show(&mut self, engine: &Engine) {
        let connection = &engine.connection;
        let (sent, taken) = (connection.outbound(), connection.inbound());
        let until = |at: u64| (at.saturating_sub(engine.now()) as f64 / 1e6).ceil();
        self.set(DeskPlace::State, connection.state() as u8);
        self.set(DeskPlace::WantsRead, connection.wants_read());
        self.set(DeskPlace::WantsWrite, connection.wants_write());
        self.set(DeskPlace::Timeout, connection.next_timeout().map_or(-1.0, until));
        self.set(DeskPlace::Credit, sent.credit());
        self.set(DeskPlace::InFlight, sent.in_flight);
        self.set(DeskPlace::Queued, connection.queued() as f64);
        self.set(DeskPlace::Streams, sent.open || taken.open);
        self.set(DeskPlace::Untaken, connection.untaken() as f64);
    }
}
