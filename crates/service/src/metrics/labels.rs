//! Labels kept bounded.

use std::{
    collections::{HashMap, HashSet},
    sync::{LazyLock, Mutex, PoisonError},
};

/// Distinct values that one label may have in one process.
const VALUES: usize = 200;
/// Bytes that a value may have.
const LENGTH: usize = 100;

static SEEN: LazyLock<Mutex<HashMap<&'static str, HashSet<String>>>> =
    LazyLock::new(Mutex::default);

/// The value, or `other` when it is too long or the label has too many values already: a caller
/// who may name models must not be able to fill the memory of Prometheus.
pub(super) fn bounded(label: &'static str, value: &str) -> String {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let values = seen.entry(label).or_default();
    if values.contains(value) {
        return value.to_owned();
    }
    if value.len() > LENGTH || values.len() >= VALUES {
        return "other".to_owned();
    }
    values.insert(value.to_owned());
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_only_so_many_values() {
        for n in 0..VALUES {
            assert_eq!(bounded("test", &n.to_string()), n.to_string());
        }
        assert_eq!(bounded("test", "one more"), "other");
        assert_eq!(bounded("test", "7"), "7");
        assert_eq!(bounded("another test", &"x".repeat(LENGTH + 1)), "other");
    }
}
