//! Token probabilities which agree with each other and with the text.

use serde_json::{Value, json};

use crate::dice::Dice;

/// Tokens that may stand anywhere.
const OTHERS: &[&str] = &[
    " the", " a", " is", " of", ",", ".", " and", " to", " in", " it", " not", " that", " this",
    "\n", " with", " for", " answer", " which", " but", "\"", ":", " are", " one", " be",
];

/// The `content` list of a logprobs object.
pub(crate) fn content<'a>(
    tokens: impl IntoIterator<Item = (usize, &'a str)>,
    top: usize,
    dice: Dice,
) -> Vec<Value> {
    tokens
        .into_iter()
        .map(|(index, token)| one(token, top, dice.nth(index)))
        .collect()
}

/// The entry of one token.
pub(crate) fn one(token: &str, top: usize, dice: Dice) -> Value {
    let mut ranked = ranked(token, top, dice);
    // Sampling now and then takes the second best.
    let swapped = ranked.len() > 1 && dice.on("swap").below(16) == 0;
    if swapped && let [first, second, ..] = ranked.as_mut_slice() {
        std::mem::swap(&mut first.0, &mut second.0);
    }
    let own = ranked
        .iter()
        .find(|(text, _)| text == token)
        .map_or(0.5, |(_, share)| *share);
    let entry = |text: &str, share: f64| json!({"token": text, "logprob": share.ln(), "bytes": text.as_bytes()});
    let mut value = entry(token, own);
    let alternatives: Vec<Value> = ranked
        .iter()
        .take(top)
        .map(|(text, share)| entry(text, *share))
        .collect();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("top_logprobs".to_owned(), alternatives.into());
    }
    value
}

/// Tokens with their probabilities, falling, the given one first.
fn ranked(token: &str, top: usize, dice: Dice) -> Vec<(String, f64)> {
    let number = token
        .parse::<i64>()
        .ok()
        .filter(|number| (0..=999).contains(number));
    // A score is less certain than the next letter of a word.
    let share = if number.is_some() {
        dice.on("share").unit().mul_add(0.35, 0.45)
    } else {
        dice.on("share").unit().mul_add(0.28, 0.70)
    };
    let mut ranked = vec![(token.to_owned(), share)];
    let neighbours = number.into_iter().flat_map(|number| {
        let up_first = dice.on("up").below(2) == 0;
        (1..=10).flat_map(move |distance| {
            let (near, far) = (number + distance, number - distance);
            if up_first { [near, far] } else { [far, near] }
        })
    });
    let neighbours = neighbours
        .filter(|number| *number >= 0)
        .map(|number| number.to_string());
    let start = dice.on("others").below(OTHERS.len());
    let others = OTHERS.iter().cycle().skip(start).take(OTHERS.len());
    let others = others
        .map(|text| (*text).to_owned())
        .filter(|text| text != token);
    let mut left = 1.0 - share;
    for text in neighbours.chain(others).take(top.saturating_sub(1)) {
        // Never the whole rest, so that the sum stays below 1; never more than the one before.
        let last = ranked.last().map_or(share, |(_, share)| *share);
        let part = (left * 0.55).min(last * 0.95);
        ranked.push((text, part));
        left -= part;
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::ranked;
    use crate::dice::Dice;

    #[test]
    fn probabilities_fall_and_sum_to_at_most_one() {
        for (index, token) in ["4", "0", " the", "{\"", "100"].into_iter().enumerate() {
            let ranked = ranked(token, 20, Dice::of([b"t".as_slice()]).nth(index));
            assert_eq!(ranked.len(), 20);
            assert!(ranked.iter().map(|(_, share)| share).sum::<f64>() <= 1.0);
            assert!(ranked.is_sorted_by(|left, right| left.1 > right.1));
            let mut texts: Vec<&String> = ranked.iter().map(|(text, _)| text).collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), 20);
        }
    }
}
