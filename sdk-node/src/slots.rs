//! What the calls of this thread find by number.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread::LocalKey;

/// The slots of a thread, by number.
pub(crate) struct Slots<T: ?Sized> {
    taken: Vec<Option<Rc<RefCell<T>>>>,
    free: Vec<u32>,
}

impl<T: ?Sized> Default for Slots<T> {
    fn default() -> Self {
        Slots { taken: Vec::new(), free: Vec::new() }
    }
}

type Thread<T> = LocalKey<RefCell<Slots<T>>>;

/// What has that number, if anything has.
#[inline]
pub(crate) fn slot_of<T: ?Sized>(
    slots: &'static Thread<T>,
    number: usize,
) -> Option<Rc<RefCell<T>>> {
    slots.with_borrow(|slots| slots.taken.get(number).cloned().flatten())
}

/// The number of a slot, until this is dropped.
pub(crate) struct SlotNumber<T: ?Sized + 'static> {
    number: u32,
    slots: &'static Thread<T>,
}

impl<T: ?Sized> SlotNumber<T> {
    pub fn of(slot: Rc<RefCell<T>>, slots: &'static Thread<T>) -> Self {
        let number = slots.with_borrow_mut(|slots| {
            let number = slots.free.pop().unwrap_or_else(|| {
                slots.taken.push(None);
                slots.taken.len() as u32 - 1
            });
            slots.taken[number as usize] = Some(slot);
            number
        });
        SlotNumber { number, slots }
    }

    pub const fn get(&self) -> u32 {
        self.number
    }
}

impl<T: ?Sized> Drop for SlotNumber<T> {
    fn drop(&mut self) {
        // At the end of a thread the slots may be gone already. A slot is dropped once they are not borrowed any more.
        let _slot = self.slots.try_with(|slots| {
            let mut slots = slots.borrow_mut();
            slots.free.push(self.number);
            slots.taken[self.number as usize].take()
        });
    }
}
