//! Whether words and marks at a choice in double brackets say that it is not the chosen one: `The loser is [[A]]`,
//! `2. [[A]]`, `[[A]] ❌`.

use domain::rubric::Meaning;

use super::lines;
use super::sentence::words;

/// Words for the one of two that is not the better one, or for what is wrong with it.
const LOSING: &str = "loser lost lose loses losing weaker weakest poorer poorest poor bad inferior worse worst runner second 2nd last \
    third 3rd less least error errors mistake mistakes flaw flaws flawed wrong incorrect eliminated rejected trailing beaten defeated silver \
    verlierer schlechter schlechtere schlechteren schlechteste unterlegen perdant perdante moins peggiore perdente pire perdedor peor проигравший проиграл хуже худший худшим худшая слабее слабый второе второй последнее последний";

/// Signs for such a one, in scripts without blanks between words.
const LOSING_SIGNS: [&str; 21] = [
    "败", "敗", "输", "輸", "劣", "较差", "較差", "更差", "最差", "差一", "负方", "負け", "落选",
    "悪い", "次点", "不如", "不好", "패", "나쁜", "못한", "次位",
];

/// Words of labels for a place in a row.
const PLACES: &str = "rank place position platz rang puesto lugar место posto ranking";

/// How far from a choice such words are looked for, in bytes.
const NEAR: usize = 80;

/// The most words of a label, and those behind a choice that say what it is.
const SHORT: usize = 4;

/// Words that go on behind a choice, as a sentence does that says what it is.
const BEING: &str = "is was in comes came ranks has";

/// Marks beside a choice that say nothing, besides letters and digits.
const PLAIN: &str = ".,;:!?()[]—–-\"'`*_<>/|~#=\\。，、；：！？（）「」『』【】“”‘’«»→•$&";

/// Whether the line around a choice between `open` and `close` sets it apart as another than the chosen one.
pub(super) fn is_set_apart(text: &str, chosen: &Meaning, open: usize, close: usize) -> bool {
    let before = text.get(..open).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let start = before.ceil_char_boundary(start.max(open.saturating_sub(NEAR)));
    let before = before.get(start..).unwrap_or_default();
    let behind = text.get(close..).unwrap_or_default();
    let behind = behind.split('\n').next().unwrap_or_default();
    let behind = behind
        .get(..behind.floor_char_boundary(NEAR))
        .unwrap_or_default();
    has_mark(before, behind) || matches!(chosen, Meaning::Side(_)) && loses(before, behind)
}

/// Whether a mark that is none of punctuation, or a value, stands right beside it.
fn has_mark(before: &str, behind: &str) -> bool {
    let wrapped =
        |each: char| each.is_whitespace() || matches!(each, '*' | '_' | '`' | '"' | '[' | ']');
    let is_odd = |each: char| !each.is_alphanumeric() && !PLAIN.contains(each);
    let (before, behind) = (
        before.trim_end_matches(wrapped),
        behind.trim_start_matches(wrapped),
    );
    let mut marks = behind.chars();
    let first = marks.next();
    let rest = marks.as_str().trim_start();
    before.ends_with(is_odd)
        || first.is_some_and(is_odd)
        || matches!(first, Some('-' | '–' | '—')) && rest.is_empty()
        || matches!(first, Some(':' | '：' | '='))
            && rest.starts_with(|each: char| each.is_numeric())
}

fn loses(before: &str, behind: &str) -> bool {
    let is_losing = |word: &String| lines::is_among(LOSING, word);
    let before =
        before.trim_end_matches(|each: char| each == '[' || lines::is_wrapper(each) || each == ' ');
    let row = before
        .rsplit([',', ';', ']', '。', '，'])
        .next()
        .unwrap_or_default()
        .trim();
    // A sentence that is over says nothing of what follows.
    let clause = row.rsplit(['.', '!', '?']).next().unwrap_or_default();
    let said: Vec<String> = words(clause).collect();
    let is_label = clause.ends_with([':', '：']) && said.len() <= SHORT;
    let mark = row.strip_suffix(['.', ')']).unwrap_or_default();
    let is_later = mark.parse::<u8>().is_ok_and(|number| number > 1);
    let next: Vec<String> = words(behind).take(SHORT).collect();
    let has = |list| said.iter().any(|word| lines::is_among(list, word));
    let is_behind = |word: &String| word.parse::<u8>().is_ok_and(|place| place > 1);
    let is_placed = is_label
        && (said.iter().any(is_behind) && (has(PLACES) || clause.starts_with('#'))
            || is_later_place(clause));
    let signs = clause.chars().count() <= LONGEST_SIGNED
        && LOSING_SIGNS.iter().any(|sign| clause.contains(sign));
    is_later
        || is_placed
        || signs
        || said.iter().any(is_losing)
        || is_label && said.iter().any(|word| word == "not")
        || next
            .first()
            .is_some_and(|word| lines::is_among(BEING, word))
            && next.iter().any(is_losing)
}

/// The most characters before a choice among which signs are looked for.
const LONGEST_SIGNED: usize = 12;

/// Whether a label, in a script without blanks, is that of the second or third place: `第二名：`, `2位：`.
fn is_later_place(label: &str) -> bool {
    let label = label
        .trim_end_matches([':', '：', ' '])
        .trim_start_matches('第');
    let place = label.strip_suffix(['名', '位', '등', '위']);
    place.is_some_and(|place| ["二", "三", "2", "3", "２", "３"].contains(&place.trim()))
}
