//! How probable each of several values is to a judge that wrote one of them.

/// What all the values have together: something else is always possible.
const TOGETHER: f64 = 0.98;

/// Values as they would be written, with their probabilities, falling; the written one first.
pub(crate) type Spread = Vec<(String, f64)>;

/// Whole numbers of a scale around the value a judge had in mind before it rounded.
pub(crate) fn numbers(low: f64, high: f64, step: f64, meant: f64, written: &str) -> Spread {
    if !(low.fract() == 0.0 && step.fract() == 0.0 && step > 0.0 && low >= 0.0 && high <= 999.0) {
        return Vec::new();
    }
    let width = (step * 0.75).max((high - low) * 0.04);
    let mut values = Vec::new();
    let mut value = low;
    while value <= high {
        let distance = (value - meant) / width;
        values.push((format!("{value:.0}"), (-distance * distance / 2.0).exp()));
        value += step;
    }
    of(values, written)
}

/// Words by how near their worth is to the quality.
pub(crate) fn words<'w>(
    words: impl IntoIterator<Item = (&'w str, f64)>,
    quality: f64,
    written: &str,
) -> Spread {
    let weighed = words.into_iter().map(|(word, worth)| {
        let distance = (worth - quality) / 0.25;
        (word.to_owned(), (-distance * distance / 2.0).exp())
    });
    of(weighed.collect(), written)
}

/// The sides of a comparison by how much better the first one is, from -1 to 1.
pub(crate) fn sides(
    first: &str,
    second: &str,
    equal: Option<&str>,
    margin: f64,
    written: &str,
) -> Spread {
    let mut values = vec![
        (first.to_owned(), (margin / 0.25).exp()),
        (second.to_owned(), (-margin / 0.25).exp()),
    ];
    values.extend(equal.map(|equal| (equal.to_owned(), (1.0 - margin.abs() * 2.0).max(0.1))));
    of(values, written)
}

/// Makes probabilities of weights. What was written is what the judge thought most probable.
fn of(mut values: Vec<(String, f64)>, written: &str) -> Spread {
    let most = values.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    let Some(own) = values.iter_mut().find(|(text, _)| text == written) else {
        return Vec::new();
    };
    own.1 = most * 1.05;
    let whole: f64 = values.iter().map(|(_, weight)| weight).sum();
    for (_, weight) in &mut values {
        // Never nothing at all: there is no logarithm of it.
        *weight = (*weight / whole * TOGETHER).max(1e-9);
    }
    values.sort_by(|left, right| right.1.total_cmp(&left.1));
    values
}

#[cfg(test)]
mod tests {
    use super::{numbers, sides, words};

    #[test]
    fn a_number_is_spread_over_its_neighbours() {
        let spread = numbers(1.0, 5.0, 1.0, 3.7, "4");
        let texts: Vec<&str> = spread.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["4", "3", "5", "2", "1"]);
        let total: f64 = spread.iter().map(|(_, share)| share).sum();
        assert!((0.9..1.0).contains(&total));
        let mean = spread
            .iter()
            .map(|(text, share)| text.parse::<f64>().unwrap() * share / total)
            .sum::<f64>();
        assert!(
            (mean - 4.0).abs() > 0.05 && (mean - 3.7).abs() < 0.3,
            "{mean}"
        );
        assert!(numbers(0.5, 5.0, 1.0, 3.7, "4").is_empty());
    }

    #[test]
    fn what_was_written_comes_first() {
        for margin in [-0.6, -0.01, 0.0, 0.3] {
            let written = if margin < -0.02 {
                "B"
            } else if margin > 0.02 {
                "A"
            } else {
                "tie"
            };
            let spread = sides("A", "B", Some("tie"), margin, written);
            assert_eq!(spread[0].0, written);
            assert_eq!(spread.len(), 3);
        }
        let spread = words([("poor", 0.0), ("fair", 0.5), ("good", 1.0)], 0.6, "fair");
        assert_eq!(spread[0].0, "fair");
        assert_eq!(spread[1].0, "good");
    }
}
