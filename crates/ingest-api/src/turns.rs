//! A queue in which tenants take turns.

use std::collections::VecDeque;

use domain::Tenant;

/// What waits, of each tenant in the order in which it came.
pub(crate) struct Turns<T> {
    /// The tenant whose turn it is stands first. None is empty.
    tenants: VecDeque<(Tenant, VecDeque<T>)>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self {
            tenants: VecDeque::new(),
        }
    }
}

impl<T> Turns<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.tenants.is_empty()
    }

    pub(crate) fn push(&mut self, tenant: Tenant, item: T) {
        match self.tenants.iter_mut().find(|(known, _)| *known == tenant) {
            Some((_, items)) => items.push_back(item),
            None => self.tenants.push_back((tenant, VecDeque::from([item]))),
        }
    }

    /// The next one, if it fits; otherwise it is still the next one.
    pub(crate) fn pop_if(&mut self, fits: impl FnOnce(&T) -> bool) -> Option<T> {
        let (_, items) = self.tenants.front()?;
        items.front().filter(|item| fits(item))?;
        let (tenant, mut items) = self.tenants.pop_front()?;
        let item = items.pop_front();
        if !items.is_empty() {
            self.tenants.push_back((tenant, items));
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_take_turns_and_each_keeps_its_order() {
        let mut turns = Turns::default();
        for (tenant, item) in [
            ("a", 1),
            ("a", 2),
            ("a", 3),
            ("b", 10),
            ("a", 4),
            ("c", 20),
            ("b", 11),
        ] {
            turns.push(Tenant::parse(tenant).unwrap(), item);
        }
        let mut taken = Vec::new();
        // What does not fit keeps its turn.
        assert_eq!(turns.pop_if(|item| *item != 1), None);
        while let Some(item) = turns.pop_if(|_| true) {
            taken.push(item);
        }
        assert_eq!(taken, [1, 10, 20, 2, 11, 3, 4]);
        assert!(turns.is_empty());
    }
}
