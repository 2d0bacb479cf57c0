//! Scores that a sentence claims in a script without blanks between words: `我给这个回答打4分。`, `以上の理由から、評価は4です。`
//!
//! The clause before the number is made of known pieces, one of which gives a score or names it, and behind the number the sentence is
//! over. So `风格的评分是4`, `我差点给4分` and `評価は4ではない` say nothing.

use std::ops::Range;

use super::score::{self, Score};
use super::{Match, label, lines, retraction, tail};

/// What gives a score or links it to its name, right before the number.
const GIVING: [&str; 12] = [
    "打", "给", "給", "是", "为", "為", "は", "を", "打出", "给出", "定为", "給出",
];
/// What may stand before that, besides words for a score.
const BESIDE: [&str; 24] = [
    "我",
    "我们",
    "的",
    "这个",
    "這個",
    "这份",
    "该",
    "此",
    "回答",
    "答案",
    "回复",
    "打",
    "给",
    "給",
    "最终",
    "最終",
    "总体",
    "综合",
    "この",
    "その",
    "の",
    "私",
    "に対する",
    "对",
];

/// The score of a sentence of a line, which ends at `to`.
pub(super) fn claim(
    text: &str,
    sentence: Range<usize>,
    to: usize,
    most: f64,
) -> Option<Match<Score>> {
    let body = text.get(sentence.clone())?;
    let at = sentence.start + body.find(char::is_numeric)?;
    let before = text.get(sentence.start..at)?;
    let clause = before.rsplit(['，', '、', '：', ',', ' ']).next()?;
    let giving = GIVING.iter().filter_map(|end| clause.strip_suffix(end));
    let is_known = giving.min_by_key(|rest| rest.len()).is_some_and(|rest| {
        let names = ["是", "为", "為", "は", "を"]
            .iter()
            .any(|link| clause.ends_with(link));
        is_made_of_known(rest, !names)
    });
    if !is_known {
        return None;
    }
    let (spot, end) = score::at(text, at, sentence.end)?;
    let behind = text
        .get(end..sentence.end)?
        .trim_end_matches(['。', '！', '.']);
    let is_over = lines::is_over(behind) || retraction::is_copula(behind);
    (is_over && tail::leaves_score(text, spot.what.number, most, end, to)).then_some(spot)
}

/// Whether nothing but known pieces stands in a clause, and with `is_named` false one of them names a score.
fn is_made_of_known(clause: &str, is_named: bool) -> bool {
    let mut rest = clause;
    let mut is_named = is_named;
    while !rest.is_empty() {
        let length = |end: usize| rest.get(..end).is_some_and(label::is_score);
        let ends = rest.char_indices().map(|(at, each)| at + each.len_utf8());
        if let Some(end) = ends.take(4).filter(|end| length(*end)).last() {
            is_named = true;
            rest = rest.get(end..).unwrap_or_default();
            continue;
        }
        let Some(behind) = BESIDE
            .iter()
            .filter_map(|piece| rest.strip_prefix(piece))
            .min_by_key(|it| it.len())
        else {
            return false;
        };
        rest = behind;
    }
    is_named
}
