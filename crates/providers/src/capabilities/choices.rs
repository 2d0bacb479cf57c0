//! How a refusal says that it is about the number of choices.
//!
//! The parameter is called `n`, and a letter n may stand anywhere in a message: it counts only where it stands as the
//! name of a parameter does.

/// The name of the parameter.
pub(super) const NAME: &str = "n";

/// What it is called by those who do not say `n`.
const OTHER_NAMES: [&str; 9] = [
    // Gemini, and what stands in front of it.
    "candidatecount",
    "candidate_count",
    "multiple candidates",
    "only one candidate",
    // llama.cpp, and servers of one choice.
    "completion choice",
    "multi-choice",
    "multiple choices",
    "multiple completions",
    "number of choices",
];

/// What stands behind the name of a parameter that is complained of.
const SUFFIXES: [&str; 12] = [
    ">",
    "=",
    "!=",
    "must",
    "should",
    "has to",
    "can only",
    "cannot",
    "is not",
    "is unsupported",
    "does not",
    "value",
];

/// What stands before it.
const PREFIXES: [&str; 8] = [
    "parameter",
    "parameters",
    "param",
    "params",
    "argument",
    "arguments",
    "field",
    "property",
];

/// Whether a message, in lower case, is about the number of choices.
pub(super) fn are_named(about: &str) -> bool {
    OTHER_NAMES.iter().any(|name| about.contains(name))
        || about
            .match_indices('n')
            .any(|(at, _)| is_name(about, at).unwrap_or(false))
}

/// Whether the letter at this place is the name of the parameter.
fn is_name(about: &str, at: usize) -> Option<bool> {
    let (before, after) = (about.get(..at)?, about.get(at + 1..)?);
    let (previous, next) = (before.chars().next_back(), after.chars().next());
    // Not within a word, and not the end of a line as some servers write it.
    let is_joined = |c: Option<char>| {
        c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\\'))
    };
    if is_joined(previous) || is_joined(next) {
        return Some(false);
    }
    let is_within = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_quoted = previous == next
        && matches!(previous, Some('\'' | '"' | '`'))
        && !is_within(before.chars().nth_back(1))
        && !is_within(after.chars().nth(1));
    let (head, rest) = (before.trim_end(), after.trim_start());
    let follows = PREFIXES
        .iter()
        .any(|word| head.ends_with(word) && head.len() < before.len());
    // `Unsupported parameters passed: n.`
    let is_last = head.ends_with(':') && matches!(rest.chars().next(), None | Some('.' | ','));
    let leads = SUFFIXES.iter().any(|word| rest.starts_with(word));
    Some(is_quoted || follows || is_last || leads)
}
