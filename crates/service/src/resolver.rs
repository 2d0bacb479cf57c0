//! Looking up the addresses of names, with bounds: the system's resolver has none that can be relied on.

use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// Look-ups at a time: each has a thread, and keeps it for as long as the system's resolver takes.
const CONCURRENCY: usize = 64;

/// Looks up names; clones share its bound.
#[derive(Debug, Clone)]
pub struct Resolver {
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Resolver {
    /// One that waits for a name's addresses no longer than `patience`.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(CONCURRENCY)),
            patience,
        }
    }

    /// The addresses of a name, at least one; `None`: there are none, or they were not found in time.
    pub async fn resolve(&self, name: &str) -> Option<Vec<IpAddr>> {
        let found = tokio::time::timeout(self.patience, self.look_up(name));
        found.await.ok()?.filter(|addresses| !addresses.is_empty())
    }

    async fn look_up(&self, name: &str) -> Option<Vec<IpAddr>> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        let name = name.to_owned();
        let looking = tokio::task::spawn_blocking(move || {
            // The port plays no part.
            let found = (name.as_str(), 0).to_socket_addrs();
            drop(turn);
            found.map(|addresses| addresses.map(|address| address.ip()).collect())
        });
        looking.await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_has_addresses_or_none() {
        let resolver = Resolver::new(Duration::from_secs(20));
        let found = resolver.resolve("localhost").await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        // RFC 6761: never a name.
        assert_eq!(resolver.resolve("nowhere.invalid").await, None);
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_the_bound() {
        let resolver = Resolver::new(Duration::from_millis(10));
        // As if each look-up took for ever.
        let all = u32::try_from(CONCURRENCY).unwrap();
        let _taken = resolver.turns.acquire_many(all).await.unwrap();
        assert_eq!(resolver.resolve("localhost").await, None);
    }
}
