//! What a score says that it is out of: `/5`, `out of 5`, `(1-5)`. One out of another number than the rubric's is not
//! on its scale, however well it would fit.

use std::ops::Range;

use super::{digits, lines, score, table};

/// Words between a range's ends, or before its upper one. Dashes and strokes are such too.
const BEFORE: [&str; 21] = [
    "of", "to", "max", "maximum", "von", "bis", "sur", "sobre", "su", "de", "di", "out of", "из",
    "от", "до", "من", "na", "满分", "滿分", "至", "到",
];

/// Those that stand between a range's ends only: `bis 5` alone is a bound.
const BETWEEN: [&str; 5] = ["to", "bis", "до", "至", "到"];

/// Words that may stand beside a range, where nothing but a range is said.
const BESIDE: &str = "is highest out on a an the scale range score from min minimum point points star stars best skala top possible total max \
    einer auf échelle une à escala en una шкале по на üzerinden 分 点 點 점 满分 滿分 点満点 满点 満点 分制 制 점 만점";

/// The longest words of a range in bytes, so that a flood of brackets is not gone through from each of them.
const LONGEST: usize = 64;

/// What stands behind a score: `/5` or `out of 5`, in brackets or not, or a range in brackets; and the place behind.
pub(super) fn out_of(text: &str, from: usize, to: usize) -> Option<(f64, usize)> {
    let rest = text.get(from..to)?;
    let bare = rest.trim_start_matches([' ', '\t']);
    if let Some(behind) = behind_words(bare) {
        return number(text, to - behind.len(), to);
    }
    let bare = bare.trim_start_matches([' ', '\t', ',']);
    if let Some(inside) = bare.strip_prefix(['(', '（', '[']) {
        let (words, _) = near(inside).split_once([')', '）', ']'])?;
        let most = Some(words)
            .filter(|words| is_range(words) && begins_low(words))
            .and_then(most)?;
        let behind = to - inside.len() + words.len();
        return Some((most, lines::closed(text, behind, to)));
    }
    let Some(behind) = behind_words(bare) else {
        // `4, on a scale of 1 to 10`.
        let words = near(bare).trim_start_matches(['–', '—', '-', ' ']);
        let words = words.split(['.', ',', ';', ':', '\n', '，', '。']).next()?;
        let words = [" – ", " — ", " - "]
            .iter()
            .find_map(|dash| words.split_once(dash))
            .map_or(words, |(words, _)| words);
        let is_scale = words.starts_with(char::is_alphabetic);
        let most = Some(words)
            .filter(|words| {
                is_scale
                    && is_range(words)
                    && begins_low(words)
                    && words.contains(char::is_alphabetic)
            })
            .and_then(most)?;
        let from = to - bare.len()
            + (near(bare).len() - near(bare).trim_start_matches(['–', '—', '-', ' ']).len());
        return Some((most, from + words.len()));
    };
    let (of, end) = number(text, to - behind.len(), to)?;
    // `4, out of 10 tests 3 fail` says nothing of a scale.
    let clause = near(text.get(end..to)?);
    let clause = clause.split(['.', ',', ';', ':', '\n']).next()?;
    is_range(clause).then_some((of, end))
}

/// The upper end of the range that words in brackets name: `1-5`, `out of 5`, `0 to 5, up to 2 digits`.
pub(in crate::reply) fn most(words: &str) -> Option<f64> {
    let words = words
        .to_lowercase()
        .replace("..", "-")
        .replace(['…', ';'], "-")
        .replace("--", "-");
    let is_number = |before: &str| {
        let wrapper = |each: char| matches!(each, '*' | '_' | '`' | ' ');
        let before = before.trim_end_matches(wrapper);
        before.ends_with(char::is_numeric)
    };
    let behind = |(at, each): (usize, char)| {
        let before = words.get(..at)?.trim_end();
        let rest = words.get(at..)?;
        let is_letter = |each: Option<char>| each.is_some_and(|each| each.is_ascii_alphabetic());
        let behind = match each {
            '/' | '／' => rest.get(each.len_utf8()..)?,
            '-' | '–' | '—' | '~' | '～' => {
                // Else it is the sign of what follows.
                is_number(before).then_some(())?;
                rest.get(each.len_utf8()..)?
            }
            _ if is_letter(words.get(..at)?.chars().next_back()) => return None,
            _ => {
                let is_end = |word: &&&str| !BETWEEN.contains(*word) || is_number(before);
                let behind = BEFORE.iter().filter(is_end);
                let behind = behind.filter_map(|word| rest.strip_prefix(word));
                let mut behind = behind.filter(|behind| !is_letter(behind.chars().next()));
                behind
                    .next()?
                    .trim_start_matches([' ', '.', ':', '=', '：'])
            }
        };
        let (most, _) = number(&words, words.len() - behind.len(), words.len())?;
        Some(most)
    };
    let ends = words.char_indices().filter_map(behind);
    ends.max_by(f64::total_cmp).or_else(|| alone(&words))
}

/// The only number of words that say nothing but a scale: `10-point scale`, `10点満点`.
fn alone(words: &str) -> Option<f64> {
    let at = words.find(char::is_numeric)?;
    let (most, end) = digits::at(&words.replace('-', " "), at, false)?;
    let is_only = !words.get(end..)?.contains(char::is_numeric);
    let is_end = |word: &str| BETWEEN.contains(&word);
    (is_only
        && is_range(words)
        && !words.split(' ').any(is_end)
        && words.contains(char::is_alphabetic))
    .then_some(most)
}

/// Whether a range begins where scales do: `3-5` is none that a score is given on.
fn begins_low(words: &str) -> bool {
    let numbers = words.split(|each: char| !(each.is_numeric() || each == '.'));
    let mut numbers = numbers.filter(|number| !number.is_empty());
    let first = numbers.next().and_then(digits::number);
    numbers.next().is_none() || first.is_some_and(|first| first <= 1.0)
}

/// Words with which a line of its own tells the scale: `Out of: 100`, `Scale: 0-100`, `I use a 100-point scale.`
const TELLING: &str = "range rating full marks mark unit units scored note i use used using am and in this these here scores all are     values value graded rated available percent percentage";

/// Of those, and of [`BESIDE`], the ones without which it tells none.
const NAMING: &str =
    "scale range max maximum out full unit units échelle escala skala шкале percent percentage";

/// The largest number of the scale that a line tells which does nothing else. The lines with scores, which stand at `own`,
/// are none of them.
pub(super) fn told(text: &str, part: Range<usize>, own: &[usize]) -> Option<f64> {
    let told = |line: Range<usize>| {
        let said = text.get(line.clone())?;
        if said.len() > LONGEST || own.iter().any(|at| line.contains(at)) {
            return None;
        }
        let words = said.to_lowercase();
        let tells = says_only(&words, |word| lines::is_among(TELLING, word));
        if !tells || !alphabetic(&words).any(|word| lines::is_among(NAMING, word)) {
            return None;
        }
        let is_percent = words.contains('%') || words.contains("percent");
        let last = || {
            let numbers = words.split(|each: char| !(each.is_numeric() || each == '.'));
            numbers.filter_map(digits::number).max_by(f64::total_cmp)
        };
        most(&words)
            .or_else(last)
            .or_else(|| is_percent.then_some(100.0))
    };
    lines::lines(text, part.clone())
        .find_map(told)
        .or_else(|| told_beside(text, part))
}

/// The largest number of a scale that stands beside a score: in a column of its own (`| Max |`), or in a tag
/// (`<max>100</max>`).
fn told_beside(text: &str, part: Range<usize>) -> Option<f64> {
    let is_named = |name: &str| {
        let name = name.to_lowercase();
        let is_end = |word: &str| {
            lines::is_among(NAMING, word) || lines::is_among("possible outof total", word)
        };
        says_only(&name, |word| {
            lines::is_among(TELLING, word) || word == "outof"
        }) && alphabetic(&name).any(is_end)
    };
    let column = table::below(text, &lines::said(text, part.clone()), is_named);
    let tagged = table::in_tags(text, part, is_named);
    let cells = column.into_iter().chain(tagged);
    let ends = cells.filter_map(|cell| {
        let said = text.get(cell.clone())?;
        most(said).or_else(|| number(text, cell.start, cell.end).map(|(end, _)| end))
    });
    ends.max_by(f64::total_cmp)
}

/// Whether a score's unit, in brackets behind it, is a part of a hundred or of a thousand.
pub(super) fn is_share(rest: &str) -> bool {
    let inside = near(rest.trim_start()).strip_prefix(['(', '[', '（']);
    let inside = inside.and_then(|inside| inside.split_once([')', ']', '）']));
    inside.is_some_and(|(inside, _)| is_percent(inside))
}

/// Whether words say nothing but that a number is a share: `%`, `in percent`.
pub(super) fn is_percent(unit: &str) -> bool {
    let unit = unit
        .trim_matches(|each: char| lines::is_wrapper(each) || matches!(each, ' ' | ':' | '：'))
        .to_lowercase();
    let bare = ["in ", "en ", "as ", "a "]
        .iter()
        .find_map(|word| unit.strip_prefix(word))
        .unwrap_or(&unit);
    "%|‰|percent|per cent|per mille|pct|prozent|percentage"
        .split('|')
        .any(|unit| unit == bare.trim())
}

/// Where the unit begins that ends a label: ` in percent` of `Score in percent`.
pub(super) fn begins_share(label: &str) -> Option<usize> {
    let near = label.get(..label.floor_char_boundary(2 * LONGEST))?;
    let mut places = near.match_indices([' ', '%']).map(|(at, _)| at);
    places.find(|at| label.get(*at..).is_some_and(is_percent))
}

fn near(rest: &str) -> &str {
    let end = rest.floor_char_boundary(LONGEST);
    rest.get(..end).unwrap_or_default()
}

/// Behind `/` or `out of`.
fn behind_words(rest: &str) -> Option<&str> {
    rest.strip_prefix(['/', '／'])
        .or_else(|| rest.strip_prefix("out of "))
}

/// The number, in digits or in words, that begins at a place, behind blanks and wrappers, and where it ends.
pub(super) fn number(text: &str, from: usize, to: usize) -> Option<(f64, usize)> {
    let in_digits =
        lines::openings(text, from, to).find_map(|at| digits::at(text.get(..to)?, at, false));
    in_digits.or_else(|| {
        let rest = text.get(from..to)?.trim_start_matches(lines::is_gap);
        let end = rest.find(|each: char| !each.is_alphabetic());
        let (word, behind) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        Some((digits::word(&word.to_lowercase())?, to - behind.len()))
    })
}

/// Where the range begins that ends a label: ` on a scale of 1 to 5` of `Score on a scale of 1 to 5`.
pub(super) fn begins(label: &str) -> Option<usize> {
    let near = label.get(..label.floor_char_boundary(2 * LONGEST));
    let mut places = near
        .filter(|near| near.len() == label.len())?
        .match_indices(' ')
        .map(|(at, _)| at);
    places.find(|at| {
        let said = label.get(*at..).unwrap_or_default();
        said.contains(char::is_numeric)
            && said.contains(char::is_alphabetic)
            && is_range(said)
            && begins_low(said)
    })
}

/// The upper end of the scale that opens a sentence: `On a scale of 1 to 10`.
pub(super) fn opens(said: &str) -> Option<f64> {
    let is_scale = is_range(said) && begins_low(said) && said.contains(char::is_alphabetic);
    is_scale.then(|| most(said)).flatten()
}

/// Whether words say nothing but a range.
fn is_range(words: &str) -> bool {
    says_only(&words.to_lowercase(), |word| digits::word(word).is_some())
}

/// Whether words, in small letters, are all of those that scales are told in, or of others.
fn says_only(words: &str, is_other: impl Fn(&str) -> bool) -> bool {
    alphabetic(words).all(|word| {
        BEFORE.contains(&word)
            || lines::is_among(BESIDE, word)
            || score::is_unit(word)
            || is_other(word)
    })
}

fn alphabetic(words: &str) -> impl Iterator<Item = &str> {
    let words = words.split(|each: char| !each.is_alphabetic());
    words.filter(|word| !word.is_empty())
}
