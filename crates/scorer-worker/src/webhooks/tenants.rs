//! How many deliveries of each tenant are under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Tenant;

use super::MAX_IN_FLIGHT;

/// Of one tenant once [`FOR_OTHERS`] is all that is left: whatever its targets do, and however many they are.
const MAX_OF_TENANT: usize = MAX_IN_FLIGHT / 4;
/// What a tenant that has as much leaves to others.
const FOR_OTHERS: usize = MAX_IN_FLIGHT / 4;

/// The tenants of this process; clones share them.
#[derive(Debug, Default, Clone)]
pub(super) struct Tenants(Arc<Mutex<HashMap<Tenant, usize>>>);

/// A delivery under way; dropping it ends it.
#[derive(Debug)]
pub(super) struct UnderWay {
    tenants: Tenants,
    tenant: Tenant,
}

impl Tenants {
    /// A delivery is about to be sent.
    pub(super) fn begin(&self, tenant: &Tenant) -> UnderWay {
        *self.counts().entry(tenant.clone()).or_default() += 1;
        UnderWay {
            tenants: self.clone(),
            tenant: tenant.clone(),
        }
    }

    /// Tenants of which no more may be sent now.
    pub(super) fn full(&self) -> Vec<String> {
        let counts = self.counts();
        if counts.values().sum::<usize>() < MAX_IN_FLIGHT - FOR_OTHERS {
            return Vec::new();
        }
        let full = counts.iter().filter(|(_, count)| **count >= MAX_OF_TENANT);
        full.map(|(tenant, _)| tenant.as_str().to_owned()).collect()
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Tenant, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut counts = self.tenants.counts();
        if let Some(count) = counts.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_for_others() {
        let tenants = Tenants::default();
        let (one, other) = (
            Tenant::parse("one").unwrap(),
            Tenant::parse("other").unwrap(),
        );
        let most = MAX_IN_FLIGHT - FOR_OTHERS;
        let many: Vec<_> = (2..most).map(|_| tenants.begin(&one)).collect();
        let of_other = tenants.begin(&other);
        assert!(tenants.full().is_empty());
        let last = tenants.begin(&one);
        assert_eq!(tenants.full(), ["one"]);
        drop((many, last));
        assert!(tenants.full().is_empty());
        assert_eq!(tenants.counts().len(), 1);
        drop(of_other);
    }
}
