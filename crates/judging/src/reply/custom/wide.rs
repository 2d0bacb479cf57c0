//! Sentences in scripts without blanks between words: scores that they claim (`我给这个回答打4分。`, `以上の理由から、評価は4です。`), and what they
//! are made of.
//!
//! The clause before the number is made of known pieces, one of which gives a score or names it, and behind the number the sentence is
//! over. So `风格的评分是4`, `我差点给4分` and `評価は4ではない` say nothing.

use std::ops::Range;

use super::label::{self, Kind};
use super::score::{self, Score};
use super::{Match, lines, retraction, tail};

/// What gives a score right before the number, what links it to its name, and what may stand before that.
const GIVING: &str = "打 给 給 打出 给出 給出";
const LINKING: &str = "是 为 為 は を 定为";
const BESIDE: &str = "我 我们 的 这个 這個 这份 该 此 回答 答案 回复 最终 最終 总体 综合 この その の 私 に対する 对";

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
    let ends = |list: &str| list.split(' ').any(|end| clause.ends_with(end));
    let names_score = || label::SCORES.split(' ').any(|name| clause.contains(name));
    // `評価：4です`.
    let (criterion, answers) = ("", false);
    let is_labelled =
        || label::behind(body, Kind::Score { criterion, answers }) == Some(before.len());
    let is_given = ends(GIVING) || ends(LINKING) && names_score();
    if !(is_given && is_made_of(clause, &[label::SCORES, GIVING, LINKING, BESIDE]) || is_labelled())
    {
        return None;
    }
    // `4です` goes on without a blank.
    let digits = text.get(at..sentence.end)?;
    let digits = digits.find(|each: char| !each.is_ascii_digit());
    let alone = || score::at(text, at, at + digits?);
    let (spot, end) = score::at(text, at, sentence.end).or_else(alone)?;
    let behind = text.get(end..sentence.end)?;
    let behind = behind.trim_end_matches(['。', '！', '.']);
    let is_over = lines::is_over(behind) || retraction::is_copula(behind);
    (is_over && tail::leaves_score(text, spot.what.number, most, end, to)).then_some(spot)
}

/// Whether nothing stands in a text but pieces that lists have, and marks.
pub(super) fn is_made_of(text: &str, lists: &[&str]) -> bool {
    let is_mark = |each: char| {
        lines::is_wrapper(each) || each.is_whitespace() || "，、,：:。！.".contains(each)
    };
    let mut rest = text.trim_matches(is_mark);
    while !rest.is_empty() {
        let pieces = lists.iter().flat_map(|list| list.split(' '));
        let behind = pieces.filter_map(|piece| rest.strip_prefix(piece));
        let Some(behind) = behind.min_by_key(|behind| behind.len()) else {
            return false;
        };
        rest = behind.trim_start_matches(is_mark);
    }
    true
}
