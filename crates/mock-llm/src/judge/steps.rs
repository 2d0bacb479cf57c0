//! Evaluation steps, as a judge that thinks before it judges writes them.

use crate::rng::SeededRng;

const OPENINGS: &[&str] = &[
    "Read what the agent was asked to do and note every requirement",
    "List what the task demands before looking at the candidate",
    "Restate the task and what a complete result would hold",
];
const CLOSINGS: &[&str] = &[
    "Weigh what was found by the anchors of each scale and only then decide",
    "Go over the findings once more and check that each rests on the material",
    "Compare the findings with the scale and choose the value they support",
];
const CHECKS: &[&str] = &[
    "Look in the candidate for what speaks for and against",
    "Quote the passages that bear on",
    "Find the strongest and the weakest part with regard to",
];

/// That many distinct steps, the criteria among them.
pub(crate) fn steps(criteria: &[&str], count: usize, rng: SeededRng) -> Vec<String> {
    let ends = match count {
        0 | 1 => 0,
        2 => 1,
        _ => 2,
    };
    let checks = count - ends;
    let pick = |options: &[&str], question: &str, index: usize| {
        let start = rng.on(question).below(options.len());
        let option = options.get((start + index) % options.len().max(1));
        option.copied().unwrap_or_default().to_owned()
    };
    let share = criteria.len().div_ceil(checks.max(1)).max(1);
    let mut steps = Vec::new();
    if ends > 0 {
        steps.push(format!("{}.", pick(OPENINGS, "opening", 0)));
    }
    for index in 0..checks {
        let named: Vec<&str> = criteria
            .iter()
            .skip(index * share)
            .take(share)
            .copied()
            .collect();
        let named = if named.is_empty() { criteria } else { &named };
        let subject = if named.is_empty() {
            "the task".to_owned()
        } else {
            named.join(", ")
        };
        // The same check may come again for other criteria, never for the same.
        let repeat = index / CHECKS.len();
        let again = if repeat > 0 {
            format!(" (pass {})", repeat + 1)
        } else {
            String::new()
        };
        steps.push(format!(
            "{} {subject}{again}.",
            pick(CHECKS, "check", index)
        ));
    }
    if ends > 1 {
        steps.push(format!("{}.", pick(CLOSINGS, "closing", 0)));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::steps;
    use crate::rng::SeededRng;

    #[test]
    fn steps_are_distinct_and_name_every_criterion() {
        let names = ["correctness", "style", "tone", "safety", "length"];
        for count in 1..12 {
            for criteria in 0..=names.len() {
                let criteria = names.get(..criteria).unwrap();
                let made = steps(criteria, count, SeededRng::of([b"s".as_slice()]));
                assert_eq!(made.len(), count);
                let whole = made.join("\n");
                assert!(criteria.iter().all(|name| whole.contains(name)), "{whole}");
                let mut distinct = made.clone();
                distinct.sort();
                distinct.dedup();
                assert_eq!(distinct.len(), count, "{whole}");
            }
        }
    }
}
