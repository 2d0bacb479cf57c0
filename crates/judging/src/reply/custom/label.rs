//! Labels: `Score:`, `**Final rating**:`, `3. Usefulness (0-4):`, `評価：`.
//!
//! What stands before the colon has to consist of known words and of the criterion's name: a label in other words
//! may belong to anything (`Lines of code: 3`, `Method one: 2`, `Maximum score: 5`).

mod names;

use super::sentence::words;
use super::{legend, lines, scale, unseen};
pub(super) use names::SCORES;
use names::{
    AMBIGUOUS, ANEW, ANSWERS, BESIDE_ANEW, BRACKETED, DECISIONS, NEWER, NOT_ASPECTS, OTHERS,
    REASONS, REDUCTIONS, REMARKS, VERDICTS, WHOLE, WINNERS,
};

/// How far into a line its label reaches, in bytes.
const LONGEST: usize = 120;

/// What joins a label and its value besides a colon.
const LINKS: [&str; 10] = [
    " is ", " est ", " ist ", " lautet ", " es ", " è ", " é ", " — ", " – ", " - ",
];

/// What German puts before the word for a score, in one word with it: `Gesamtnote`.
const COMPOUND: [&str; 3] = ["gesamt", "end", "schluss"];

/// The most words of another criterion's name.
const LONGEST_NAME: usize = 3;

/// What a label may name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind<'n> {
    /// A score, by a word for it or by the criterion's name.
    Score {
        /// The criterion's name.
        criterion: &'n str,
        /// Whether an `answer` is a score too, as in the reply's first line and its last.
        answers: bool,
    },
    /// A decision or a score.
    Decision {
        /// The criterion's name; may be empty.
        criterion: &'n str,
        /// Whether this is the reply's last line, where an `answer` is a decision too.
        last: bool,
    },
    /// A score whose label says in one word in brackets what it is the score of: `Score (tone)`.
    PartialScore,
    /// A score whose label says no more than that it is that of the whole: `Overall`, `Verdict`.
    Whole,
    /// Scores in a row.
    Row,
}

impl<'n> Kind<'n> {
    fn criterion(self) -> &'n str {
        match self {
            Kind::Score { criterion, .. } | Kind::Decision { criterion, .. } => criterion,
            Kind::PartialScore | Kind::Whole | Kind::Row => "",
        }
    }
}

/// The words of a label as they are.
fn split(label: &str) -> Vec<&str> {
    let words = label.split(|each: char| !(each.is_alphanumeric() || each == '\''));
    words.filter(|word| !word.is_empty()).collect()
}

/// The place behind the label of a line, in bytes of `line`; `None` when it has none.
pub(super) fn behind(line: &str, kind: Kind<'_>) -> Option<usize> {
    let head = line.get(..line.floor_char_boundary(LONGEST))?;
    let marked = |from: usize| {
        let at = from + head.get(from..)?.find([':', '：', '='])?;
        let mark = head.get(at..)?.chars().next()?;
        Some((at, at + mark.len_utf8()))
    };
    // `Score (1 = worst, 5 = best): 4`.
    let behind_bracket = head.find([')', '）']).and_then(marked);
    let colon = marked(0).into_iter().chain(behind_bracket);
    let links = LINKS.iter().filter_map(|link| {
        let at = head.find(link)?;
        // `La note est de 4`.
        let behind = head.get(at + link.len()..)?;
        Some((
            at,
            at + link.len()
                + if behind.starts_with("de ") {
                    "de ".len()
                } else {
                    0
                },
        ))
    });
    colon
        .chain(links)
        .filter(|(end, _)| line.get(..*end).is_some_and(|label| names(label, kind)))
        .map(|(_, behind)| behind)
        .min()
}

/// Whether a label may be that of a remark: `Note: 3, see the appendix`.
pub(super) fn is_ambiguous(label: &str) -> bool {
    lines::is_among(AMBIGUOUS, &core(label))
}

/// Whether a line is a label and nothing else: `**Score:**`, `## Verdict`.
pub(super) fn is_label(line: &str, kind: Kind<'_>) -> bool {
    let label = line.trim_end_matches(|each: char| {
        each.is_whitespace() || matches!(each, ':' | '：' | '=' | '*' | '_' | '`')
    });
    label.len() <= LONGEST && names(label, kind)
}

/// The words of a label that say what it names, without those that may stand beside them: `score` of `My final score:`.
pub(super) fn core(label: &str) -> String {
    let label = without_brackets(without_list_mark(label)).to_lowercase();
    let mut words = split(&label);
    words.retain(|word| *word != "is");
    let said = |word: &&str| !lines::is_among(OTHERS, word);
    let named: Vec<&str> = words.iter().copied().filter(said).collect();
    if named.is_empty() { words } else { named }.join(" ")
}

/// What a label names, where its word names nothing else: `rating` and `score` name the same.
pub(super) fn names_alone(label: &str) -> Option<bool> {
    let core = core(label);
    let is_all = |list| core.split(' ').all(|word| lines::is_among(list, word));
    let is_other = |word| lines::is_among(AMBIGUOUS, word) || lines::is_among(REMARKS, word);
    if core.split(' ').any(is_other) {
        None
    } else if is_all(SCORES) {
        Some(true)
    } else if is_all(DECISIONS) {
        Some(false)
    } else {
        None
    }
}

/// Whether a line begins with a word for a verdict that has a blank within: `Sc ore: 9`.
pub(super) fn is_spaced(line: &str) -> bool {
    let Some((label, _)) = line
        .split_once([':', '：'])
        .filter(|(label, _)| label.len() <= LONGEST)
    else {
        return false;
    };
    let word: String = label.split_whitespace().collect::<String>().to_lowercase();
    label.trim().contains(char::is_whitespace)
        && [SCORES, DECISIONS]
            .iter()
            .any(|list| lines::is_among(list, &word))
}

/// Whether a name says that what follows is the verdict on the whole, or a new one: `Final`, `Revised score`, `In the end`.
pub(in crate::reply) fn is_anew(name: &str) -> bool {
    let said = name.to_lowercase();
    let words = split(&said);
    let is_version = |word: &&str| word.trim_start_matches('v').parse::<u8>().is_ok();
    let is_new = |word: &&str| {
        lines::is_among(ANEW, word) || is_version(word) || is_correcting(word) || is_reduction(word)
    };
    words.iter().any(is_new)
        && words.iter().all(|word| {
            is_new(word)
                || lines::is_among(BESIDE_ANEW, word)
                || lines::is_among(DECISIONS, word)
                || is_score(word)
        })
}

/// Whether a word, in small letters, says that something is put in another's place: `corrected`, `lowering`; no counted ones
/// (`corrections`).
pub(super) fn is_correcting(word: &str) -> bool {
    let stems =
        "correct revis amend adjust updat chang lower downgrad upgrad rais reconsider penali";
    !word.ends_with('s')
        && stems.split(' ').any(|stem| {
            word.strip_prefix(stem).is_some_and(|end| {
                lines::is_among("ed d ing ion sed zed ered ering ded ding ging", end)
            })
        })
}

/// Whether a line has a label that names a value: it is read by itself.
pub(super) fn names_value(line: &str) -> bool {
    let kind = Kind::Score {
        criterion: "",
        answers: true,
    };
    behind(line, kind).is_some()
}

/// Whether a word is one of those that labels of verdicts are made of.
pub(super) fn is_known(word: &str) -> bool {
    is_score(word)
        || [DECISIONS, WINNERS, ANSWERS, OTHERS, REASONS]
            .iter()
            .any(|list| lines::is_among(list, word))
}

/// Whether a word, in small letters, names what is taken off a score, or added to it.
pub(super) fn is_reduction(word: &str) -> bool {
    lines::is_among(REDUCTIONS, word)
}

/// Whether a word names a verdict and nothing else.
pub(super) fn is_verdict(word: &str) -> bool {
    lines::is_among(VERDICTS, word)
}

/// Whether a word names a score.
pub(super) fn is_score(word: &str) -> bool {
    let whole = COMPOUND.iter().find_map(|begin| word.strip_prefix(begin));
    lines::is_among(SCORES, word) || whole.is_some_and(|word| lines::is_among(SCORES, word))
}

/// Whether what joins a label and its value makes a sentence of them.
pub(super) fn is_sentence(label: &str) -> bool {
    LINKS
        .iter()
        .any(|link| link.trim().starts_with(char::is_alphabetic) && label.ends_with(link))
}

/// Whether a word may stand beside one that names a score.
pub(super) fn is_beside(word: &str) -> bool {
    lines::is_among(OTHERS, word)
}

/// Whether all words of a heading are those that labels of verdicts are made of, and one names a verdict, what it rests on, or the
/// criterion.
pub(super) fn names_verdict(named: &str, kind: Kind<'_>) -> bool {
    let criterion = kind.criterion().to_lowercase();
    let of_criterion = split(&criterion);
    let label = without_brackets(named).to_lowercase();
    let said = split(&label);
    let is_core = |word: &&str| {
        is_score(word)
            || of_criterion.contains(word)
            || [DECISIONS, ANSWERS, REASONS, ANEW]
                .iter()
                .any(|list| lines::is_among(list, word))
    };
    said.iter().any(is_core) && said.iter().all(|word| is_core(word) || is_known(word))
}

/// Whether a line begins with a label that names something else, such as another criterion: `- **Clarity**: …`.
pub(super) fn is_of_something_else(line: &str) -> bool {
    let Some((label, _)) = line
        .split_once([':', '：'])
        .or_else(|| line.starts_with('#').then_some((line, "")))
    else {
        return false;
    };
    let label = without_brackets(without_list_mark(label)).to_lowercase();
    let words = split(&label);
    let known = |word: &&str| {
        [SCORES, DECISIONS, ANSWERS, OTHERS, REASONS]
            .iter()
            .any(|list| lines::is_among(list, word))
    };
    (1..=LONGEST_NAME).contains(&words.len()) && !words.iter().any(known)
}

/// Whether a label names what is of a kind, and nothing else.
pub(super) fn names(label: &str, kind: Kind<'_>) -> bool {
    // A key of an object that is asked for elsewhere, or that breaks off.
    if label.contains(['{', '}']) {
        return false;
    }
    let bare = without_list_mark(label);
    let bracketed = brackets(bare)
        .map_or("", |(_, inside, _)| inside)
        .to_lowercase();
    let label = without_brackets(bare).to_lowercase();
    if label.contains(lines::is_comparing) {
        return false;
    }
    let label: String = label
        .chars()
        .filter(|each| !unseen::is_combining(*each))
        .collect();
    let words = split(&label);
    let criterion = kind.criterion().to_lowercase();
    let named = split(&criterion);
    let is_core = |word: &&str| match kind {
        Kind::Score { answers, .. } => {
            is_score(word) || (answers && lines::is_among(ANSWERS, word))
        }
        Kind::PartialScore => is_score(word),
        Kind::Whole => lines::is_among(WHOLE, word) || is_verdict(word),
        Kind::Row => {
            lines::is_among(SCORES, word) || lines::is_among(ANSWERS, word) || *word == "tuple"
        }
        Kind::Decision { last, .. } => {
            lines::is_among(DECISIONS, word)
                || lines::is_among(WINNERS, word)
                || lines::is_among(SCORES, word)
                || (last && lines::is_among(ANSWERS, word))
        }
    };
    let has_name = !named.is_empty() && named.iter().all(|word| words.contains(word));
    let known =
        |word: &&str| is_core(word) || lines::is_among(OTHERS, word) || named.contains(word);
    let is_part = matches!(kind, Kind::PartialScore)
        && bracketed.chars().count() > 2
        && bracketed.chars().all(char::is_alphabetic)
        // `Score (inverted)`.
        && !bracketed.ends_with("ed")
        && !lines::is_among(NOT_ASPECTS, &bracketed)
        && !is_reduction(&bracketed);
    let is_understood = is_part
        || bracketed.contains(char::is_numeric)
            && (scale::most(&bracketed).is_some() && !legend::is_told(&bracketed)
                || legend::names_most(&bracketed).is_some())
        || scale::is_percent(&bracketed)
        || !bracketed.contains(|each: char| each.is_numeric() || matches!(each, '%' | '‰'))
            && split(&bracketed).iter().all(|word| {
                known(word)
                    || [REASONS, BRACKETED]
                        .iter()
                        .any(|list| lines::is_among(list, word))
            });
    // `Best score: 5` names what could be had.
    let is_bound = matches!(kind, Kind::Score { .. } | Kind::PartialScore)
        && words
            .iter()
            .any(|word| lines::is_among("best better preferred", word))
        && words.iter().any(|word| lines::is_among(SCORES, word));
    (has_name || words.iter().any(is_core))
        && words.iter().all(known)
        && is_understood
        && !is_bound
        && (is_part || !matches!(kind, Kind::PartialScore))
}

/// Whether a value stands behind a word of a label that the first version of the reader does not know; in double brackets that is no
/// matter without a mark between the two.
pub(super) fn is_newer(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let label = line.trim_end_matches(|each: char| lines::is_wrapper(each) || each == ' ');
    (label.ends_with([':', '：', '=']) || !line.ends_with("[["))
        && words(line).any(|word| lines::is_among(WINNERS, &word) || lines::is_among(NEWER, &word))
}

/// What a label says in its brackets that its score is out of: `Score (1-5)`.
pub(super) fn most(label: &str) -> Option<f64> {
    let (_, inside, _) = brackets(without_list_mark(label))?;
    scale::most(inside)
        .or_else(|| legend::names_most(inside))
        .or_else(|| scale::is_percent(inside).then_some(100.0))
}

/// Whether a label says that its score is a share: `Score (%)`.
pub(super) fn is_of_share(label: &str) -> bool {
    brackets(without_list_mark(label)).is_some_and(|(_, inside, _)| scale::is_percent(inside))
}

/// Without `1.`, `2)`, `-`, `*`, `#` and `>` at the beginning.
pub(super) fn without_list_mark(label: &str) -> &str {
    let label = label.trim_start_matches(|each: char| {
        each.is_whitespace() || matches!(each, '-' | '*' | '•' | '#' | '>' | '_')
    });
    let behind = label.trim_start_matches(|each: char| each.is_ascii_digit());
    match behind.strip_prefix(['.', ')']) {
        Some(rest) if behind.len() < label.len() && rest.starts_with(char::is_whitespace) => rest,
        _ => label,
    }
}

/// Without the first pair of brackets: `Score (0-4)`.
fn without_brackets(label: &str) -> String {
    brackets(label).map_or_else(
        || label.to_owned(),
        |(before, _, behind)| format!("{before} {behind}"),
    )
}

/// What stands before, in and behind the first pair of brackets.
fn brackets(label: &str) -> Option<(&str, &str, &str)> {
    let Some((before, rest)) = label.split_once(['(', '（', '[']) else {
        let at = scale::begins(label).or_else(|| scale::begins_share(label))?;
        let (before, inside) = label.split_at_checked(at)?;
        return Some((before, inside, ""));
    };
    let (inside, behind) = rest.split_once([')', '）', ']'])?;
    Some((before, inside, behind))
}
