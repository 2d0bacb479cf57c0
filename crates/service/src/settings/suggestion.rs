//! The known name that is nearest to a mistyped one.

/// ` did you mean …?`, or nothing when no candidate is near.
pub(super) fn unknown<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    let nearest = candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .min_by_key(|&(distance, _)| distance);
    match nearest {
        Some((distance, candidate)) if distance <= name.len().max(6) / 3 => {
            format!("unknown setting; did you mean {candidate}?")
        }
        _ => "unknown setting; SETTINGS.md and print-config list the known ones".to_owned(),
    }
}

/// Levenshtein distance over bytes, without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let replaced = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = replaced.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("slots", "SLOTS", 0),
            ("slotz", "slots", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
