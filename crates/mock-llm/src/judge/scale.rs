//! The scale a prompt asks for in words.

/// The first `1-5`, `1 to 10`, `between 0 and 100` of the instructions; 1 to 5 without one.
pub(crate) fn asked(instructions: &str) -> (i64, i64) {
    range(instructions).unwrap_or((1, 5))
}

fn range(text: &str) -> Option<(i64, i64)> {
    text.match_indices(['0', '1']).find_map(|(at, low)| {
        let before = text.get(..at)?.chars().next_back();
        let alone = before.is_none_or(|before| !before.is_alphanumeric() && before != '.');
        let high = alone.then(|| upper(text.get(at + 1..)?)).flatten()?;
        let low = low.parse().ok()?;
        (low < high && high <= 100).then_some((low, high))
    })
}

/// The number after a word or mark that links two bounds.
fn upper(rest: &str) -> Option<i64> {
    let rest = rest.trim_start();
    let links = ["-", "–", "—", "to ", "and ", "through "];
    let rest = links
        .iter()
        .find_map(|link| rest.strip_prefix(link))?
        .trim_start();
    let end = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, after) = rest.split_at_checked(end)?;
    let ends = !after.starts_with(char::is_alphanumeric);
    ends.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_found_in_prose() {
        assert_eq!(range("a scale of 1 to 10 by strictly"), Some((1, 10)));
        assert_eq!(range("Coherence (1-5): the quality"), Some((1, 5)));
        assert_eq!(range("from 0–100."), Some((0, 100)));
        assert_eq!(range("between 2019 and 2024, 3 and 4"), None);
    }
}
