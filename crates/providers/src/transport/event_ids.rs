//! The ids of a stream's events, where they have some: who takes a broken stream up again may say an event twice.
//!
//! Most say nothing, some say the id of the answer with each event. Only ids that are different from event to event tell that
//! one has come back.

use std::collections::BTreeSet;

/// The ids so far.
#[derive(Debug, Default)]
pub(super) struct EventIds {
    events: usize,
    ids: BTreeSet<String>,
}

impl EventIds {
    /// Takes the id of the next event that has one of its own.
    pub(super) fn take(&mut self, id: &str) {
        if !id.trim().is_empty() {
            self.events += 1;
            self.ids.insert(id.trim().to_owned());
        }
    }

    /// Whether an event came again, for all that its id says.
    pub(super) fn repeat(&self) -> bool {
        let again = self.events - self.ids.len();
        again > 0 && self.ids.len() > 1 && again < self.ids.len()
    }
}
