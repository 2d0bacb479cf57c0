//! Free loopback ports.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::names;

/// Below the range from which Linux takes the local ports of outgoing connections: otherwise a client could
/// take the port of a server while that is being restarted.
const RANGE: Range<u16> = 15_000..32_000;

/// Ports given out by this process, so that two tests in one process never get the same.
static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// A port on 127.0.0.1 that nobody listens on and that this process has not been given before.
pub fn free() -> u16 {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let width = RANGE.end - RANGE.start;
    // A random start keeps test processes that run side by side apart.
    let start = u16::try_from(names::random() % u64::from(width)).unwrap_or(0);
    let port = (0..width)
        .map(|step| RANGE.start + (start + step) % width)
        .find(|port| !given.contains(port) && is_free(*port))
        .unwrap_or(RANGE.start);
    given.insert(port);
    port
}

/// `wanted` when nobody listens there, else another free port.
pub fn free_or(wanted: u16) -> u16 {
    if is_free(wanted) { wanted } else { free() }
}

/// Whether a server could listen on this port of 127.0.0.1 now.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_distinct_and_a_taken_one_is_replaced() {
        let ports: HashSet<u16> = (0..200).map(|_| free()).collect();
        assert_eq!(ports.len(), 200);

        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let wanted = taken.local_addr().unwrap().port();
        assert_ne!(free_or(wanted), wanted);
    }
}
