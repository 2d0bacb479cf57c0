//! How often prefixes were used of late, so that only those are written which will be read.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

/// How long a provider keeps a prefix after its last use (Anthropic's shorter lifetime).
const LIFETIME: Duration = Duration::from_mins(5);
/// So many earlier uses within the lifetime make another one likely. One is not enough: a pair of evaluations would pay for a
/// write that nobody reads.
const USES_BEFORE: usize = 2;
/// Prefixes that are remembered; beyond that those that are over are forgotten.
const MAX_PREFIXES: usize = 4_096;

/// When prefixes were used, by this process at one endpoint.
#[derive(Debug, Default)]
pub(crate) struct PrefixUses {
    prefixes: HashMap<u64, Uses>,
}

#[derive(Debug, Default)]
struct Uses {
    /// The latest, in order.
    at: Vec<Instant>,
    /// When it was last marked: the provider has it since.
    marked: Option<Instant>,
}

impl PrefixUses {
    /// A prefix that many evaluations have is used; says whether it is to be marked.
    pub(super) fn note_shared(&mut self, prefix: &[&str], now: Instant) -> bool {
        let uses = self.of(prefix, now);
        let is_marked = uses.is_kept(now) || uses.at.len() >= USES_BEFORE;
        uses.at.push(now);
        uses.marked = is_marked.then_some(now);
        is_marked
    }

    /// A prefix that only calls of one evaluation have is used; `leads`: others wait for this one.
    pub(super) fn note_led(&mut self, prefix: &[&str], leads: bool, now: Instant) -> bool {
        let key = hash(prefix);
        let is_kept = self
            .prefixes
            .get(&key)
            .is_some_and(|uses| uses.is_kept(now));
        let is_marked = leads || is_kept;
        if is_marked {
            self.of(prefix, now).marked = Some(now);
        }
        is_marked
    }

    /// What is known of a prefix, without what is over.
    fn of(&mut self, prefix: &[&str], now: Instant) -> &mut Uses {
        if self.prefixes.len() >= MAX_PREFIXES {
            self.prefixes.retain(|_, uses| uses.is_alive(now));
        }
        if self.prefixes.len() >= MAX_PREFIXES {
            // Forgetting costs plain input for a while.
            self.prefixes.clear();
        }
        let uses = self.prefixes.entry(hash(prefix)).or_default();
        uses.at.retain(|at| now.duration_since(*at) < LIFETIME);
        let first = uses.at.len().saturating_sub(USES_BEFORE);
        uses.at.drain(..first);
        uses
    }
}

impl Uses {
    fn is_kept(&self, now: Instant) -> bool {
        let marked = self.marked;
        marked.is_some_and(|at| now.duration_since(at) < LIFETIME)
    }

    fn is_alive(&self, now: Instant) -> bool {
        let last = self.at.last().copied().max(self.marked);
        last.is_some_and(|at| now.duration_since(at) < LIFETIME)
    }
}

fn hash(prefix: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    prefix.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// Which of the uses at these minutes are marked, and what that costs in tokens of plain input for each of the prefix:
    /// written ones 1.25, read ones 0.1.
    fn course(minutes: &[u32]) -> (Vec<bool>, f64) {
        let (mut uses, begun) = (PrefixUses::default(), Instant::now());
        let mut kept_until = None;
        let (mut marks, mut cost) = (Vec::new(), 0.0);
        for minute in minutes {
            let now = begun + MINUTE * *minute;
            let is_marked = uses.note_shared(&["rubric"], now);
            let is_kept = kept_until.is_some_and(|until| now < until);
            cost += match (is_marked, is_kept) {
                (true, true) => 0.1,
                (true, false) => 1.25,
                (false, _) => 1.0,
            };
            if is_marked {
                kept_until = Some(now + LIFETIME);
            }
            marks.push(is_marked);
        }
        (marks, cost)
    }

    #[test]
    fn a_prefix_that_comes_again_and_again_is_written_once() {
        let (marks, cost) = course(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(marks.iter().filter(|is_marked| !**is_marked).count(), 2);
        assert!(cost < 0.5 * 10.0, "{cost}");
    }

    #[test]
    fn one_that_is_not_used_again_within_its_lifetime_is_not_written() {
        // Each of these would be a write that nobody reads: 1.25 in place of 1 each time.
        for minutes in [
            &[0, 6, 12, 18, 24, 30][..],
            &[0, 4, 9, 14, 19],
            &[0, 1, 7, 8, 14, 15],
        ] {
            let (marks, cost) = course(minutes);
            assert!(marks.iter().all(|is_marked| !is_marked), "{minutes:?}");
            let plain = f64::from(u32::try_from(minutes.len()).unwrap());
            assert!((cost - plain).abs() < f64::EPSILON, "{cost}");
        }
    }

    #[test]
    fn material_is_written_where_others_wait_for_it_and_read_by_those() {
        let (mut uses, now) = (PrefixUses::default(), Instant::now());
        let material = ["rules", "mark", "candidate"];
        assert!(!uses.note_led(&material, false, now));
        assert!(!uses.note_led(&material, false, now));
        assert!(uses.note_led(&material, true, now));
        assert!(uses.note_led(&material, false, now + MINUTE));
        assert!(!uses.note_led(&["rules", "mark", "another"], false, now + MINUTE));
        // By then it is gone.
        assert!(!uses.note_led(&material, false, now + 7 * MINUTE));
    }

    #[test]
    fn many_prefixes_take_a_bounded_memory() {
        let (mut uses, now) = (PrefixUses::default(), Instant::now());
        for number in 0..2 * MAX_PREFIXES {
            uses.note_shared(&[&number.to_string()], now);
        }
        assert!(uses.prefixes.len() <= MAX_PREFIXES);
    }
}
