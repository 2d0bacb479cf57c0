//! Verdicts that a judge quotes: they are somebody else's.

use std::ops::Range;

use domain::rubric::Rubric;

use super::choice::NOUNS;
use super::label::{self, Kind};
use super::lines;

/// Quotation marks. Single ones are left out: they are apostrophes too.
const MARKS: [(char, char); 8] = [
    ('"', '"'),
    ('`', '`'),
    ('“', '”'),
    ('„', '“'),
    ('«', '»'),
    ('「', '」'),
    ('『', '』'),
    ('《', '》'),
];

/// How far around a place words are looked for, in bytes: a flood of places would have each looked at from each.
const NEAR: usize = 256;

/// The longest label and value in quotation marks, in bytes.
const LONGEST_LABELLED: usize = 40;

/// The quotations in the lines of a text: what stands between the marks, in bytes and in order. A line that is one
/// quotation and nothing else is none: models put quotation marks around their whole answer.
pub(super) struct Quotations(Vec<Range<usize>>);

impl Quotations {
    /// The quotations but a label and a value that end the text: a judge may well end with `I say: "Rating: [[8]]".`
    /// Such a one is looked up in the material like any sentence ([`taken_from`]).
    pub(super) fn of(text: &str, part: Range<usize>) -> Self {
        let mut all = Self::all(text, part.clone());
        all.0.pop_if(|last| {
            text.get(last.end..part.end).is_some_and(lines::is_over)
                && text.get(last.clone()).is_some_and(is_label_and_value)
        });
        all
    }

    fn all(text: &str, part: Range<usize>) -> Self {
        let mut all = Vec::new();
        for line in lines::lines(text, part) {
            in_line(text, &line, &mut all);
        }
        Self(all)
    }

    /// Whether a place is quoted together with other words.
    pub(super) fn hold(&self, text: &str, at: Range<usize>) -> bool {
        self.around(&at).is_some_and(|inside| {
            let behind = text.get(at.end..inside.end).unwrap_or_default();
            let near = behind.get(..behind.floor_char_boundary(NEAR));
            near.is_some_and(|near| near.contains(char::is_alphanumeric)) || self.lead_to(text, &at)
        })
    }

    /// Whether a place is quoted with words that lead to it. A quotation that begins with it (`Verdict: "A: the
    /// better one"`) is the judge's own emphasis where a label stands before that.
    pub(super) fn lead_to(&self, text: &str, at: &Range<usize>) -> bool {
        self.around(at).is_some_and(|inside| {
            let before = text.get(inside.start..at.start).unwrap_or_default();
            let far = before.len().saturating_sub(NEAR);
            let before = before
                .get(before.ceil_char_boundary(far)..)
                .unwrap_or_default();
            let mut words = before
                .split(|each: char| !each.is_alphanumeric())
                .filter(|word| !word.is_empty());
            words.any(|word| !lines::is_among(NOUNS, &word.to_lowercase()))
        })
    }

    /// Whether a place is quoted with words that lead to it, and all that belongs to it is in the quotation.
    pub(super) fn lead_within(&self, text: &str, at: &Range<usize>, whole: &Range<usize>) -> bool {
        self.around(whole).is_some() && self.lead_to(text, at)
    }

    fn around(&self, at: &Range<usize>) -> Option<&Range<usize>> {
        let behind = self.0.partition_point(|inside| inside.start <= at.start);
        let inside = self.0.get(behind.checked_sub(1)?)?;
        (at.end <= inside.end).then_some(inside)
    }
}

fn is_label_and_value(words: &str) -> bool {
    let kinds = [
        Kind::Score {
            criterion: "",
            answers: false,
        },
        Kind::Decision {
            criterion: "",
            last: true,
        },
    ];
    words.len() <= LONGEST_LABELLED
        && kinds
            .into_iter()
            .any(|kind| label::behind(words, kind).is_some())
}

fn in_line(text: &str, line: &Range<usize>, all: &mut Vec<Range<usize>>) {
    let body = text.get(line.clone()).unwrap_or_default();
    // A mark that nothing closes is looked for once only: a flood of them would have each looked for to the end.
    let mut unclosed = Vec::new();
    let (Some(first), Some(last)) = (
        body.find(char::is_alphanumeric),
        body.rfind(char::is_alphanumeric),
    ) else {
        return;
    };
    let mut at = 0;
    while let Some((open, close, from)) = next_mark(body, at, &unclosed) {
        let rest = body.get(from..).unwrap_or_default();
        let Some(length) = rest.find(close) else {
            unclosed.push(open);
            continue;
        };
        at = from + length + close.len_utf8();
        if first < from || last >= at {
            all.push(line.start + from..line.start + from + length);
        }
    }
}

/// The next mark that opens a quotation, the one that closes it, and the place behind the first.
fn next_mark(body: &str, at: usize, unclosed: &[char]) -> Option<(char, char, usize)> {
    let rest = body.get(at..)?;
    rest.char_indices().find_map(|(place, each)| {
        let (open, close) = MARKS.iter().find(|(open, _)| *open == each)?;
        (!unclosed.contains(open)).then(|| (*open, *close, at + place + open.len_utf8()))
    })
}

/// The sentences that values were read from, to be looked up in the material. Left out are those
/// - that are all there is, as a whole reply is;
/// - that hold nothing but the values, as `[[A]]` on its own line: the judge has no other way to say it;
/// - that are a label and a value where the answer is asked for, at the beginning or the end of the reply: material
///   which holds `Verdict: A` and `Verdict: B` would leave the judge without words. A line that the one before
///   announces with a colon, or that is marked as a quotation, is no such.
pub(super) fn taken_from(
    rubric: &Rubric,
    text: &str,
    part: Range<usize>,
    places: &[Range<usize>],
) -> Vec<String> {
    let quotations = Quotations::all(text, part.clone());
    let said = lines::said(text, part);
    let mut sentences: Vec<Range<usize>> = Vec::new();
    for place in places {
        if quotations.lead_to(text, place) {
            sentences.extend(quotations.around(place).cloned());
            continue;
        }
        // One that goes over several lines has no sentence.
        let line = said
            .iter()
            .position(|line| line.start <= place.start && place.end <= line.end);
        let Some((index, line)) = line.and_then(|index| Some((index, said.get(index)?))) else {
            continue;
        };
        let sentence = sentence(text, line, place);
        let is_all = said.len() == 1 && sentence == *line;
        let at_end = (index == 0 && sentence.start == line.start)
            || (index + 1 == said.len()
                && sentence.end == line.end
                && !is_announced(text, &said, index));
        if is_all
            || is_bare(text, &sentence, places)
            || (at_end && is_labelled(rubric, text, &sentence, place))
            || sentences.contains(&sentence)
        {
            continue;
        }
        sentences.push(sentence);
    }
    let words = sentences.into_iter().filter_map(|at| {
        let around = |each: char| {
            each.is_whitespace() || lines::is_wrapper(each) || matches!(each, '-' | '#' | '.')
        };
        Some(text.get(at)?.trim_matches(around).to_owned())
    });
    words.filter(|words| !words.is_empty()).collect()
}

fn is_announced(text: &str, said: &[Range<usize>], index: usize) -> bool {
    let line = |at: usize| text.get(said.get(at)?.clone());
    let before = index.checked_sub(1).and_then(line).unwrap_or_default();
    before
        .trim_end_matches(lines::is_wrapper)
        .ends_with([':', '：'])
        || line(index).is_some_and(|line| line.starts_with('>'))
}

/// The sentence of a line around a place.
fn sentence(text: &str, line: &Range<usize>, place: &Range<usize>) -> Range<usize> {
    let ends = |text: &str| -> Vec<usize> {
        let latin = [". ", "! ", "? "].into_iter();
        let latin = latin.flat_map(|mark| text.match_indices(mark).map(|(at, _)| at + 1));
        let wide = text.match_indices(['。', '！', '？']);
        latin
            .chain(wide.map(|(at, mark)| at + mark.len()))
            .collect()
    };
    let before = text.get(line.start..place.start).unwrap_or_default();
    let start = ends(before).into_iter().max().unwrap_or(0);
    let blank = before.get(start..).unwrap_or_default();
    let start = start + (blank.len() - blank.trim_start().len());
    let behind = text.get(place.end..line.end).unwrap_or_default();
    let end = ends(behind).into_iter().min().unwrap_or(behind.len());
    line.start + start..place.end + end
}

/// Whether a sentence holds no words but the values.
fn is_bare(text: &str, sentence: &Range<usize>, places: &[Range<usize>]) -> bool {
    let outside = |(at, each): (usize, char)| {
        let at = sentence.start + at;
        (!places.iter().any(|place| place.contains(&at))).then_some(each)
    };
    let words = text.get(sentence.clone()).unwrap_or_default();
    !words
        .char_indices()
        .filter_map(outside)
        .any(char::is_alphabetic)
}

/// Whether a sentence is a label and a value.
fn is_labelled(rubric: &Rubric, text: &str, sentence: &Range<usize>, place: &Range<usize>) -> bool {
    let words = text.get(sentence.clone()).unwrap_or_default();
    let scores = rubric.criteria.iter().map(|criterion| Kind::Score {
        criterion: &criterion.name,
        answers: true,
    });
    let others = [
        Kind::Decision {
            criterion: "",
            last: true,
        },
        Kind::Row,
    ];
    let behind = text.get(place.end..sentence.end).unwrap_or_default();
    !behind.contains(char::is_alphabetic)
        && scores
            .chain(others)
            .filter_map(|kind| label::behind(words, kind))
            .any(|from| {
                let between = text.get(sentence.start + from..place.start);
                between.is_some_and(|between| {
                    let mut words = between
                        .split(|each: char| !each.is_alphabetic())
                        .filter(|word| !word.is_empty());
                    words.all(|word| lines::is_among(NOUNS, &word.to_lowercase()))
                })
            })
}
