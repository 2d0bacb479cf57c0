//! Answers of ended evaluations, kept for who asks next. Whether one still holds, the database says each time.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use domain::EvaluationId;
use storage::evaluations::Revision;

use super::View;

/// Bytes of all answers: some ten thousand, and little beside what a process takes anyway.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// A larger answer is not kept: it would take the place of many.
const MAX_ANSWER: usize = 256 * 1024;
/// What an answer takes beside its body.
const OVERHEAD: usize = 512;

/// Two generations. Once the younger has half of all bytes, the older is dropped and the younger takes its place; what is
/// asked for moves to the younger. So what stays is what was asked for lately, without a list of who came when.
#[derive(Default)]
pub(super) struct Cache(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<EvaluationId, Kept>,
    old: HashMap<EvaluationId, Kept>,
    /// Of the younger.
    bytes: usize,
}

type Kept = (Revision, Arc<View>);

impl Cache {
    /// What is kept of these.
    pub(super) fn get_all(
        &self,
        ids: impl Iterator<Item = EvaluationId>,
    ) -> HashMap<EvaluationId, Kept> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.filter_map(|id| Some((id, kept.get(id)?))).collect()
    }

    /// Keeps the answer of an ended evaluation of this revision.
    pub(super) fn put(&self, id: EvaluationId, revision: Revision, view: Arc<View>) {
        if view.body.len() <= MAX_ANSWER {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.put(id, (revision, view), MAX_BYTES);
        }
    }
}

impl Generations {
    fn get(&mut self, id: EvaluationId) -> Option<Kept> {
        if let Some(found) = self.young.get(&id) {
            return Some(found.clone());
        }
        let found = self.old.remove(&id)?;
        self.put(id, found.clone(), MAX_BYTES);
        Some(found)
    }

    fn put(&mut self, id: EvaluationId, kept: Kept, most: usize) {
        self.old.remove(&id);
        self.bytes += size(&kept);
        if let Some(before) = self.young.insert(id, kept) {
            self.bytes -= size(&before);
        }
        if self.bytes > most / 2 {
            self.old = mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

fn size((_, view): &Kept) -> usize {
    view.body.len() + OVERHEAD
}
