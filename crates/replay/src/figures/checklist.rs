//! Checklists: a judge's verdict on each requirement against a person's.

use std::collections::{BTreeMap, BTreeSet};

use agreement::{accuracy, cohen_kappa};
use serde_json::Value;

use super::{Found, named, percent, real};
use crate::records::Call;

/// Where an item holds its requirements, and where a requirement holds its verdicts.
pub(super) struct Fields<'f> {
    pub(super) requirements: &'f str,
    pub(super) judge: &'f str,
    pub(super) human: &'f str,
    pub(super) prerequisites: &'f str,
    pub(super) id: &'f str,
}

impl Fields<'_> {
    pub(super) fn figures(&self, items: &[&Call]) -> Found {
        let mut pairs = Vec::new();
        let mut gated = [0, 0];
        for item in items {
            let requirements = item.at(self.requirements).and_then(Value::as_array);
            let requirements: Vec<&Value> = requirements.into_iter().flatten().collect();
            pairs.extend(requirements.iter().filter_map(|each| {
                Some((
                    each.get(self.judge)?.as_bool()?,
                    each.get(self.human)?.as_bool()?,
                ))
            }));
            for (count, by) in gated.iter_mut().zip([self.judge, self.human]) {
                *count += self.met(&requirements, by);
            }
        }
        let count =
            |is: &dyn Fn(&(bool, bool)) -> bool| real(pairs.iter().filter(|pair| is(pair)).count());
        let [judge_gated, human_gated] = gated.map(|count| percent(real(count), pairs.len()));
        named([
            ("n", Some(real(pairs.len()))),
            ("alignment_pct", accuracy(&pairs).map(|share| 100.0 * share)),
            ("cohen_kappa", cohen_kappa(&pairs)),
            ("judge_met_pct", percent(count(&|pair| pair.0), pairs.len())),
            ("human_met_pct", percent(count(&|pair| pair.1), pairs.len())),
            ("judge_met_with_prerequisites_pct", judge_gated),
            ("human_met_with_prerequisites_pct", human_gated),
        ])
    }

    /// How many requirements are met, each with all that it requires, and what that requires in turn.
    fn met(&self, requirements: &[&Value], by: &str) -> usize {
        let by_id: BTreeMap<String, &Value> = requirements
            .iter()
            .filter_map(|each| Some((each.get(self.id)?.to_string(), *each)))
            .collect();
        let is_met = |requirement: &&&Value| {
            let (mut open, mut seen) = (vec![**requirement], BTreeSet::new());
            while let Some(each) = open.pop() {
                if each.get(by).and_then(Value::as_bool) != Some(true) {
                    return false;
                }
                let ids = each.get(self.prerequisites).and_then(Value::as_array);
                for id in ids.into_iter().flatten().map(ToString::to_string) {
                    if let Some(required) = by_id.get(&id)
                        && seen.insert(id)
                    {
                        open.push(required);
                    }
                }
            }
            true
        };
        requirements.iter().filter(is_met).count()
    }
}
