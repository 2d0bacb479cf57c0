//! Whether a row of two scores is that of the candidates in another order, or counts down: `Assistant 2 comes first`, `in reverse
//! order`, `Assistant 2 | Assistant 1` above it, `Lower is better.`

use std::ops::Range;

use super::sentence::{sentences, words};
use super::{lines, tail};

/// The most words of a sentence that says so.
const LONGEST: usize = 14;

/// The most words of one that needs no verb.
const SHORT: usize = 4;

/// Words for a place in a row.
const PLACED: &str = "comes listed shown given named stands order number score scores row goes";

/// Names of candidates, with a number or a letter behind them.
const NAMES: &str = "assistant response answer output model candidate submission system";

/// Whether one of the sentences of a part of a reply says so, or names the second candidate before the first right above the row,
/// which begins at `row`.
pub(super) fn is_turned(text: &str, part: &Range<usize>, row: usize) -> bool {
    let all: Vec<Range<usize>> = lines::lines(text, part.clone()).collect();
    let at = all.iter().position(|line| line.contains(&row));
    let above = at.and_then(|at| all.get(at.checked_sub(1)?));
    let head = above.and_then(|above| text.get(above.clone()));
    let is_head = |head: &str| words(head).count() <= LONGEST && ordinals(head) == ["2", "1"];
    head.is_some_and(is_head)
        || all
            .into_iter()
            .flat_map(|line| sentences(text, line))
            .any(|sentence| {
                let said = text.get(sentence).unwrap_or_default();
                words(said).count() <= LONGEST && (tail::prefers_less(said) || is_said(said))
            })
}

fn is_said(said: &str) -> bool {
    let all: Vec<String> = words(said).collect();
    let has = |list| all.iter().any(|word| lines::is_among(list, word));
    let named = ordinals(said);
    let is_short = all.len() <= SHORT;
    let is_first = has("first") && (has(PLACED) || is_short) && named == ["2"]
        || has("second")
            && has("comes listed shown given named stands number score")
            && named == ["1"];
    let is_reversed =
        has("order numbers scores listed") && has("reverse reversed swapped inverted flipped");
    let is_listed = has("order sequence") && named == ["2", "1"];
    is_first || is_reversed || is_listed
}

/// The numbers, or the letters as numbers, of the candidates that are named, in order.
fn ordinals(said: &str) -> Vec<&'static str> {
    let all: Vec<String> = words(said).collect();
    let named = all.windows(2).filter_map(|pair| match pair {
        [name, number] if lines::is_among(NAMES, name) => match number.as_str() {
            "1" | "a" => Some("1"),
            "2" | "b" => Some("2"),
            _ => None,
        },
        [ordinal, name] if lines::is_among(NAMES, name.trim_end_matches("'s")) => {
            match ordinal.as_str() {
                "first" => Some("1"),
                "second" => Some("2"),
                _ => None,
            }
        }
        _ => None,
    });
    named.collect()
}
