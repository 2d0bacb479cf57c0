//! The lines in which calls of this worker wait for room within the limits of providers.
//!
//! Only who stands first asks Redis. Interactive calls stand before those of batches, and among these the tenants take
//! turns: first is who belongs to the tenant that was let in longest ago. Where nobody waits, everybody may ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Priority, Tenant};
use tokio::sync::Notify;

/// Turns of so many tenants are remembered; the oldest are forgotten.
const MAX_TENANTS: usize = 1_000;

/// The lines of this worker, one for each account.
#[derive(Debug, Default)]
pub struct Lines(Mutex<HashMap<String, Arc<Line>>>);

impl Lines {
    /// The line for an account's limits.
    pub(crate) fn of(&self, account: &str) -> Arc<Line> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(account) {
            return Arc::clone(line);
        }
        let line = Arc::default();
        lines.insert(account.to_owned(), Arc::clone(&line));
        line
    }
}

/// The calls that wait for room within the limits of one account.
#[derive(Debug, Default)]
pub(crate) struct Line(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    calls: Vec<WaitingCall>,
    /// Rises with each call that joins, and with each that is let in.
    turn: u64,
    /// When each tenant was let in last.
    turns: HashMap<Tenant, u64>,
}

#[derive(Debug)]
struct WaitingCall {
    number: u64,
    priority: Priority,
    tenant: Tenant,
    look: Arc<Notify>,
}

/// A place in a line, left when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    line: Arc<Line>,
    number: u64,
    tenant: Tenant,
    look: Arc<Notify>,
}

impl Line {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting().calls.is_empty()
    }

    /// Takes a place.
    pub(crate) fn join(self: &Arc<Self>, priority: Priority, tenant: &Tenant) -> Place {
        let mut waiting = self.waiting();
        waiting.turn += 1;
        let (number, look) = (waiting.turn, Arc::new(Notify::new()));
        waiting.calls.push(WaitingCall {
            number,
            priority,
            tenant: tenant.clone(),
            look: Arc::clone(&look),
        });
        Place {
            line: Arc::clone(self),
            number,
            tenant: tenant.clone(),
            look,
        }
    }

    /// There may be room again: whoever is first looks.
    pub(crate) fn look_again(&self) {
        self.waiting().wake_first();
    }
}

impl Waiting {
    fn first(&self) -> Option<&WaitingCall> {
        self.calls.iter().min_by_key(|call| {
            let is_batch = call.priority == Priority::Batch;
            let last_turn = self.turns.get(&call.tenant).copied();
            (is_batch, last_turn, call.number)
        })
    }

    fn wake_first(&self) {
        if let Some(first) = self.first() {
            first.look.notify_one();
        }
    }

    fn let_in(&mut self, tenant: &Tenant) {
        self.turn += 1;
        self.turns.insert(tenant.clone(), self.turn);
        if self.turns.len() > MAX_TENANTS {
            let oldest = self.turns.iter().min_by_key(|(_, turn)| **turn);
            let oldest = oldest.map(|(tenant, _)| tenant.clone());
            oldest.and_then(|tenant| self.turns.remove(&tenant));
        }
    }
}

impl Place {
    /// Whether it is first now.
    pub(crate) fn is_first(&self) -> bool {
        let waiting = self.line.waiting();
        let first = waiting.first();
        first.is_some_and(|call| call.number == self.number)
    }

    /// Waits until it may have become first, or there may be room again.
    pub(crate) async fn look(&self) {
        self.look.notified().await;
    }

    /// Leaves the line, let in: it was the tenant's turn.
    pub(crate) fn let_in(self) {
        self.line.waiting().let_in(&self.tenant);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.line.waiting();
        waiting.calls.retain(|call| call.number != self.number);
        waiting.wake_first();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn tenant(name: &str) -> Tenant {
        Tenant::parse(name).unwrap()
    }

    /// Lets in whoever is first, again and again, and says who that was.
    fn let_all_in(mut places: Vec<(&'static str, Place)>) -> Vec<&'static str> {
        let mut order = Vec::new();
        while !places.is_empty() {
            let first: Vec<usize> = (0..places.len())
                .filter(|number| places[*number].1.is_first())
                .collect();
            assert_eq!(first.len(), 1, "one is first: {first:?}");
            let (name, place) = places.remove(first[0]);
            place.let_in();
            order.push(name);
        }
        order
    }

    #[test]
    fn tenants_take_turns_and_batches_stand_behind() {
        let line = Arc::new(Line::default());
        let join = |name: &'static str, priority| {
            let (of, _) = name.split_at(1);
            (name, line.join(priority, &tenant(of)))
        };
        let places = vec![
            join("a, batch", Priority::Batch),
            join("a1", Priority::Interactive),
            join("a2", Priority::Interactive),
            join("a3", Priority::Interactive),
            join("b1", Priority::Interactive),
            join("c, batch", Priority::Batch),
            join("b2", Priority::Interactive),
        ];
        assert!(!line.is_empty());
        let order = let_all_in(places);
        assert_eq!(
            order,
            ["a1", "b1", "a2", "b2", "a3", "c, batch", "a, batch"]
        );
        assert!(line.is_empty());
    }

    #[test]
    fn a_tenant_that_comes_back_one_by_one_does_not_pass_those_who_wait() {
        let line = Arc::new(Line::default());
        line.join(Priority::Batch, &tenant("a")).let_in();
        let waits = line.join(Priority::Batch, &tenant("b"));
        let again = line.join(Priority::Batch, &tenant("a"));
        assert!(waits.is_first() && !again.is_first());
    }

    #[tokio::test]
    async fn who_becomes_first_is_told() {
        let line = Arc::new(Line::default());
        let first = line.join(Priority::Batch, &tenant("a"));
        let second = line.join(Priority::Batch, &tenant("b"));
        let told = second.look();
        tokio::pin!(told);
        assert!(told.as_mut().now_or_never().is_none());
        drop(first);
        told.await;
        let urgent = line.join(Priority::Interactive, &tenant("c"));
        assert!(urgent.is_first() && !second.is_first());
        drop(urgent);
        second.look().await;
        assert!(second.is_first());
        line.look_again();
        second.look().await;
    }
}
