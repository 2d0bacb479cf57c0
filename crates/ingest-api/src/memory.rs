//! Memory for request bodies: bounded over all of them, and of one tenant's to less than that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Tenant;
use service::problem::{Problem, ProblemCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One tenant leaves an eighth to the others.
const SHARE: (u64, u64) = (7, 8);

/// What there is, in permits of a KiB; clones share it.
#[derive(Clone)]
pub(crate) struct BodyMemory {
    pub(crate) all: Arc<Semaphore>,
    /// What one tenant may have of it; `None`: there is only one.
    share: Option<usize>,
    /// Of those tenants that have some.
    tenants: Arc<Mutex<HashMap<Tenant, Arc<Semaphore>>>>,
}

/// Set aside; given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    all: OwnedSemaphorePermit,
    share: Option<OwnedSemaphorePermit>,
}

impl BodyMemory {
    /// So many bytes, of which a body may have `largest`.
    pub(crate) fn new(bytes: u64, largest: u64, has_tenants: bool) -> Self {
        let permits = |bytes: u64| {
            let kibibytes = usize::try_from(bytes / 1024).unwrap_or(Semaphore::MAX_PERMITS);
            kibibytes.min(Semaphore::MAX_PERMITS)
        };
        let share = (bytes / SHARE.1 * SHARE.0).max(largest.min(bytes));
        Self {
            all: Arc::new(Semaphore::new(permits(bytes))),
            share: has_tenants.then(|| permits(share)),
            tenants: Arc::default(),
        }
    }

    /// Sets memory aside for a body, or says that there is none.
    ///
    /// # Errors
    /// 503 `overloaded`.
    pub(crate) fn reserve(&self, tenant: &Tenant, bytes: u64) -> Result<Reservation, Problem> {
        let permits = kibibytes(bytes);
        let share = self.share_of(tenant);
        let none = |_| {
            Problem::new(ProblemCode::Overloaded)
                .with_detail("too many request bodies are being read at once")
                .with_retry_after(Duration::from_secs(1))
        };
        Ok(Reservation {
            share: share
                .map(|share| share.try_acquire_many_owned(permits))
                .transpose()
                .map_err(none)?,
            all: Arc::clone(&self.all)
                .try_acquire_many_owned(permits)
                .map_err(none)?,
        })
    }

    fn share_of(&self, tenant: &Tenant) -> Option<Arc<Semaphore>> {
        let permits = self.share?;
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = tenants.get(tenant) {
            return Some(Arc::clone(share));
        }
        // Reservations hold the others.
        tenants.retain(|_, share| Arc::strong_count(share) > 1);
        let share = Arc::new(Semaphore::new(permits));
        tenants.insert(tenant.clone(), Arc::clone(&share));
        Some(share)
    }
}

impl Reservation {
    /// Gives back what is beyond so many bytes.
    pub(crate) fn keep(mut self, bytes: u64) -> Self {
        let permits = kibibytes(bytes) as usize;
        Self {
            all: self.all.split(permits).unwrap_or(self.all),
            share: self
                .share
                .map(|mut share| share.split(permits).unwrap_or(share)),
        }
    }
}

/// The unit of what is set aside.
pub(crate) fn kibibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024).max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tenant_leaves_something_to_the_others_and_gets_back_what_it_gives_back() {
        let memory = BodyMemory::new(64 * 1024, 4 * 1024, true);
        let (a, b) = (Tenant::parse("a").unwrap(), Tenant::parse("b").unwrap());
        let mut held: Vec<_> = (0..56).map(|_| memory.reserve(&a, 1024).unwrap()).collect();
        assert_eq!(
            memory.reserve(&a, 1).unwrap_err().code(),
            ProblemCode::Overloaded
        );
        let others = memory.reserve(&b, 8 * 1024).unwrap();
        assert!(memory.reserve(&b, 1).is_err());
        let others = others.keep(2 * 1024);
        drop(memory.reserve(&b, 6 * 1024).unwrap());
        drop(others);
        held.pop();
        drop(memory.reserve(&a, 1024).unwrap());
        drop(held);
        assert_eq!(memory.all.available_permits(), 64);
    }

    #[test]
    fn one_that_is_alone_or_larger_than_a_share_may_have_all() {
        let a = Tenant::parse("a").unwrap();
        for memory in [
            BodyMemory::new(64 * 1024, 1024, false),
            BodyMemory::new(64 * 1024, 64 * 1024, true),
        ] {
            drop(memory.reserve(&a, 64 * 1024).unwrap());
        }
    }
}
