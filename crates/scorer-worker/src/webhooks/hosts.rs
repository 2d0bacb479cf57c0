//! What is under way to each host, and whether it is asked at all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use webhooks::Circuit;

/// Deliveries to one host at once: those that a worker has in its hands when it dies wait for its lease, so that they are few where
/// the receiver is quick.
const LEAST_OF_HOST: usize = 5;
/// To one whose answers take long.
const MAX_OF_HOST: usize = 128;
/// How many a second a host may get, as far as that takes no more than [`MAX_OF_HOST`] at once (Little's law).
const RATE: f64 = 400.0;
/// How much the newest answer counts in what answers usually take.
const NEWEST: f64 = 0.25;
/// To one of which none has ended lately.
const MAX_OF_SLOW_HOST: usize = 16;
/// What "lately" is.
const SLOW_AFTER: Duration = Duration::from_secs(2);
/// Hosts that are remembered although nothing is under way.
const MAX_HOSTS: usize = 10_000;

/// The hosts of this process.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Host>>);

#[derive(Debug)]
struct Host {
    circuit: Circuit,
    in_flight: usize,
    /// When a delivery last ended; before any has, when the first began.
    last_end: Instant,
    /// What answers take, in seconds: the moving average.
    usual: f64,
}

impl Host {
    fn most(&self) -> usize {
        let most = (self.usual * RATE).ceil();
        // Within the bounds, whatever it was.
        (most.clamp(LEAST_OF_HOST as f64, MAX_OF_HOST as f64)) as usize
    }

    fn is_busy(&self, now: Instant) -> bool {
        let is_slow = now.saturating_duration_since(self.last_end) >= SLOW_AFTER;
        self.in_flight >= self.most() || is_slow && self.in_flight >= MAX_OF_SLOW_HOST
    }
}

/// Whether a delivery is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is; [`Hosts::end`] is due.
    Send,
    /// Too many failed just before.
    CircuitOpen,
}

impl Hosts {
    /// Hosts to which no more may be sent now.
    pub(super) fn busy(&self, now: Instant) -> Vec<String> {
        let hosts = self.hosts();
        let busy = hosts.iter().filter(|(_, host)| host.is_busy(now));
        busy.map(|(name, _)| name.clone()).collect()
    }

    /// A delivery is about to be sent.
    pub(super) fn begin(&self, name: &str, now: Instant) -> Admission {
        let mut hosts = self.hosts();
        if hosts.len() >= MAX_HOSTS {
            hosts.retain(|_, host| host.in_flight > 0);
        }
        let host = hosts.entry(name.to_owned()).or_insert_with(|| Host {
            circuit: Circuit::default(),
            in_flight: 0,
            last_end: now,
            usual: 0.0,
        });
        if !host.circuit.try_acquire(now) {
            return Admission::CircuitOpen;
        }
        if host.in_flight == 0 {
            host.last_end = now;
        }
        host.in_flight += 1;
        Admission::Send
    }

    /// It has ended after `took`; `answered` says whether the host did, with a status below 500.
    pub(super) fn end(&self, name: &str, answered: bool, took: Duration, now: Instant) {
        let mut hosts = self.hosts();
        let Some(host) = hosts.get_mut(name) else {
            return;
        };
        host.in_flight = host.in_flight.saturating_sub(1);
        host.last_end = now;
        host.usual += NEWEST * (took.as_secs_f64() - host.usual);
        host.circuit.report(answered, now);
        if host.in_flight == 0 && host.circuit.is_clean() {
            hosts.remove(name);
        }
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Begins deliveries until the host is busy; says how many are under way.
    fn fill(hosts: &Hosts, name: &str, now: Instant) -> usize {
        while !hosts.busy(now).contains(&name.to_owned()) {
            assert_eq!(hosts.begin(name, now), Admission::Send);
        }
        hosts.hosts()[name].in_flight
    }

    #[test]
    fn a_quick_host_has_few_under_way_and_one_that_takes_long_has_many() {
        let (hosts, now) = (Hosts::default(), Instant::now());
        for (name, took) in [
            ("quick", Duration::from_millis(4)),
            ("long", Duration::from_secs(1)),
        ] {
            assert_eq!(fill(&hosts, name, now), LEAST_OF_HOST);
            for _ in 0..LEAST_OF_HOST - 1 {
                hosts.end(name, true, took, now);
            }
        }
        assert_eq!(fill(&hosts, "quick", now), LEAST_OF_HOST);
        assert_eq!(fill(&hosts, "long", now), MAX_OF_HOST);
    }

    #[test]
    fn a_host_that_hangs_gets_little_more() {
        let (hosts, now) = (Hosts::default(), Instant::now());
        fill(&hosts, "slow", now);
        hosts.end("slow", true, Duration::from_secs(1), now);
        for _ in 0..MAX_OF_SLOW_HOST - LEAST_OF_HOST + 1 {
            assert_eq!(hosts.begin("slow", now), Admission::Send);
        }
        assert!(hosts.busy(now).is_empty(), "they may answer yet");
        assert_eq!(hosts.busy(now + SLOW_AFTER), ["slow"]);
    }

    #[test]
    fn a_host_that_only_fails_is_left_alone_and_then_probed() {
        let (hosts, now) = (Hosts::default(), Instant::now());
        let mut sent = 0;
        while hosts.begin("dead", now) == Admission::Send {
            hosts.end("dead", false, Duration::ZERO, now);
            sent += 1;
        }
        assert_eq!(sent, 10);
        let later = now + Duration::from_secs(5);
        assert_eq!(hosts.begin("dead", later), Admission::Send);
        assert_eq!(hosts.begin("dead", later), Admission::CircuitOpen);
        hosts.end("dead", true, Duration::ZERO, later);
        assert!(hosts.hosts().is_empty(), "nothing is known against it");
    }
}
