//! What a score says that it is out of: `/5`, `out of 5`, `(1-5)`. One out of another number than the rubric's is not
//! on its scale, however well it would fit.

use super::{digits, lines};

/// Words between a range's ends, or before its upper one. Dashes and strokes are such too.
const BEFORE: [&str; 11] = [
    "of", "to", "max", "maximum", "von", "bis", "sur", "满分", "滿分", "至", "到",
];

/// Words that may stand beside a range, where nothing but a range is said.
const BESIDE: &str = "out on a an the scale range score from min minimum point points star stars best skala 分 点 點 점";

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
        let most = Some(words).filter(|words| is_range(words)).and_then(most)?;
        let behind = to - inside.len() + words.len();
        return Some((most, lines::closed(text, behind, to)));
    }
    let (of, end) = number(text, to - behind_words(bare)?.len(), to)?;
    // `4, out of 10 tests 3 fail` says nothing of a scale.
    let clause = near(text.get(end..to)?);
    let clause = clause.split(['.', ',', ';', ':', '\n']).next()?;
    is_range(clause).then_some((of, end))
}

/// The upper end of the range that words in brackets name: `1-5`, `out of 5`, `0 to 5, up to 2 digits`.
pub(super) fn most(words: &str) -> Option<f64> {
    let words = words.to_lowercase();
    let behind = |(at, each): (usize, char)| {
        let before = words.get(..at)?.trim_end();
        let rest = words.get(at..)?;
        let is_letter = |each: Option<char>| each.is_some_and(|each| each.is_ascii_alphabetic());
        let behind = match each {
            '/' | '／' => rest.get(each.len_utf8()..)?,
            '-' | '–' | '—' | '~' | '～' => {
                // Else it is the sign of what follows.
                let wrapper = |each: char| matches!(each, '*' | '_' | '`');
                let ends = before.trim_end_matches(wrapper);
                ends.chars().next_back().filter(|each| each.is_numeric())?;
                rest.get(each.len_utf8()..)?
            }
            _ if is_letter(words.get(..at)?.chars().next_back()) => return None,
            _ => {
                let behind = BEFORE.iter().filter_map(|word| rest.strip_prefix(word));
                let mut behind = behind.filter(|behind| !is_letter(behind.chars().next()));
                behind
                    .next()?
                    .trim_start_matches([' ', '.', ':', '=', '：'])
            }
        };
        let (most, _) = number(&words, words.len() - behind.len(), words.len())?;
        Some(most)
    };
    words
        .char_indices()
        .filter_map(behind)
        .max_by(f64::total_cmp)
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

/// The number that begins at a place, behind blanks and wrappers, and where it ends.
fn number(text: &str, from: usize, to: usize) -> Option<(f64, usize)> {
    lines::openings(text, from, to).find_map(|at| digits::at(text.get(..to)?, at, false))
}

/// Whether words say nothing but a range.
fn is_range(words: &str) -> bool {
    let words = words.to_lowercase();
    words
        .split(|each: char| !each.is_alphabetic())
        .filter(|word| !word.is_empty())
        .all(|word| BEFORE.contains(&word) || lines::is_among(BESIDE, word))
}
