//! The slot of a worker in which an evaluation runs, and how it is given to other work while all its calls wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// After a wait of this length the slot is given to other work.
pub(crate) const SLOT_PATIENCE: Duration = Duration::from_secs(5);

/// What an evaluation runs in. Where it has given its slot up it has a place among those that wait, until it has ended.
#[derive(Debug)]
pub struct SlotHold {
    waiting_room: Arc<Semaphore>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    slot: Option<OwnedSemaphorePermit>,
    place: Option<OwnedSemaphorePermit>,
    /// Calls of the evaluation that are due, and those of them that have waited for long.
    calls: usize,
    waiting: usize,
}

/// A call is due while it is there.
pub(crate) struct DueCall<'s>(&'s SlotHold);

/// A call has waited for long while it is there.
pub(crate) struct LongWait<'s>(&'s SlotHold);

impl SlotHold {
    /// A slot; `waiting_room` has a place for each evaluation that may wait without one.
    #[must_use]
    pub fn new(slot: OwnedSemaphorePermit, waiting_room: Arc<Semaphore>) -> Self {
        let held = Held {
            slot: Some(slot),
            ..Held::default()
        };
        Self {
            waiting_room,
            held: Mutex::new(held),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn call_is_due(&self) -> DueCall<'_> {
        self.held().calls += 1;
        DueCall(self)
    }

    /// A call has waited for long, and goes on waiting.
    pub(crate) fn waits_for_long(&self) -> LongWait<'_> {
        self.held().waiting += 1;
        self.give_up();
        LongWait(self)
    }

    /// Gives the slot to other work where all calls wait, and there is a place to go on waiting without one.
    fn give_up(&self) {
        let mut held = self.held();
        if held.slot.is_some() && held.waiting > 0 && held.waiting == held.calls {
            held.place = Arc::clone(&self.waiting_room).try_acquire_owned().ok();
            if held.place.is_some() {
                held.slot = None;
            }
        }
    }
}

impl Drop for DueCall<'_> {
    fn drop(&mut self) {
        self.0.held().calls -= 1;
        self.0.give_up();
    }
}

impl Drop for LongWait<'_> {
    fn drop(&mut self) {
        self.0.held().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(slots: &Arc<Semaphore>, waiting_room: &Arc<Semaphore>) -> SlotHold {
        let slot = Arc::clone(slots).try_acquire_owned().unwrap();
        SlotHold::new(slot, Arc::clone(waiting_room))
    }

    #[test]
    fn a_slot_is_given_up_once_all_calls_wait_and_there_is_a_place_for_that() {
        let (slots, room) = (Arc::new(Semaphore::new(2)), Arc::new(Semaphore::new(1)));
        let (one, other) = (hold(&slots, &room), hold(&slots, &room));
        let (first, second) = (one.call_is_due(), one.call_is_due());
        let waits = one.waits_for_long();
        assert_eq!(slots.available_permits(), 0);
        // The one that does not wait has ended.
        drop(second);
        assert_eq!(
            (slots.available_permits(), room.available_permits()),
            (1, 0)
        );
        // It goes on without a slot: who waits for that would hold up the line.
        drop((waits, first));
        let call = other.call_is_due();
        let waits = other.waits_for_long();
        assert_eq!(slots.available_permits(), 1);
        drop(one);
        assert_eq!(room.available_permits(), 1);
        drop((waits, call));
        assert_eq!(slots.available_permits(), 1);
    }
}
