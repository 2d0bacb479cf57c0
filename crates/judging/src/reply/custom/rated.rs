//! The score that a sentence gives: `the usefulness score for this snippet is 1`, `I would rate it as 2`.
//!
//! The number stands behind a word for a score, the criterion's name, or a word of rating. The sentence names no other
//! number, no other criterion, and does not deny, suppose or compare: in the clause before the number every word is one of
//! those that such a sentence is made of. `I am unable to assign a score of 4` and `The other answer receives a score of 4`
//! have words that are not, and say nothing.

mod row;

use std::ops::Range;

use super::choice::NOUNS;
use super::retraction::ARTICLES;
use super::score::{self, Score};
use super::sentence::{sentences, words};
use super::{Match, label, lines, number, tail};

pub(super) use row::rows;

/// Words right before the number.
const LINKS: &str = "of is as at be a an was";

/// Words of rating.
const RATES: &str = "call rate rated score scored grade graded evaluate give given assign award";

/// Words that may stand between such a word, or one for a score, and the number, besides what is rated.
const BETWEEN: &str =
    "it this that these the a an for of to its my would should be is code given entire whole above";

/// What may be rated, besides candidates.
const RATED: &str = "one snippet solution program problem question task summary text translation story essay conversation \
    dialogue reply message case instance function implementation";

/// Words that may stand before a word for a score: any other names another criterion, or a bound (`maximum score`).
const BEFORE: &str = "receives receive received gets get deserves deserve deserved assign assigned give given gives giving award \
    has earns earn i with would so and low high fair good moderate perfect full";

/// Words that make the sentence say something else.
const TURNS: &str = "not never cannot can't don't doesn't isn't won't wouldn't neither nor or if unless whether than between \
    could might may least most about around nearly almost below above under over maximum minimum range scale up";

/// Words that may stand in the clause before the number, besides all of the above.
const CLAUSE: &str = "we i'd we'd i'll therefore thus hence overall finally conclusion in final based on analysis evaluation review all which \
    current provided present generated";

/// What makes `would` and `should` a judge's way of saying it, and no condition.
const SPEAKERS: &str = "i we";

/// Words that may follow the number, besides a mark.
const BEHIND: &str = "because as since due given with based";

/// Whether a word is one of rating.
pub(super) fn is_of_rating(word: &str) -> bool {
    lines::is_among(RATES, word) || lines::is_among(BEFORE, word)
}

/// The scores that the sentences of a line give.
pub(super) fn claims(
    text: &str,
    line: Range<usize>,
    criterion: &str,
    most: f64,
) -> Vec<Match<Score>> {
    let words = text.get(line.clone()).unwrap_or_default();
    if label::is_of_something_else(words) && !is_named(words, criterion) {
        return Vec::new();
    }
    let to = line.end;
    sentences(text, line)
        .into_iter()
        .filter_map(|sentence| claim(text, sentence, to, (criterion, most)))
        .collect()
}

fn is_named(said: &str, criterion: &str) -> bool {
    let said: Vec<String> = words(said).collect();
    let mut named = words(criterion).peekable();
    named.peek().is_some() && named.all(|word| said.contains(&word))
}

fn claim(
    text: &str,
    sentence: Range<usize>,
    to: usize,
    (criterion, most): (&str, f64),
) -> Option<Match<Score>> {
    let body = text.get(sentence.clone())?;
    // A key of an object that breaks off says nothing.
    let closed = body.trim_end_matches(lines::is_wrapper);
    if body.contains(['{', '}']) || closed.ends_with(['?', '？']) {
        return None;
    }
    let from = sentence.start + opening(body);
    let at = from + text.get(from..sentence.end)?.find(char::is_numeric)?;
    let (spot, end) = score::at(text, at, sentence.end)?;
    let before = text.get(from..at)?;
    if number::is_mark(text, &(from..to), (at - from, end), spot.what.number) {
        return None;
    }
    // `It does not help and receives a score of 1`.
    let clause = before.rsplit_once(" and ").map(|(_, clause)| clause);
    let is_verb = |word: String| lines::is_among(BEFORE, &word);
    let before = clause
        .filter(|clause| words(clause).next().is_some_and(is_verb))
        .unwrap_or(before);
    let before = before.rsplit(['(', '（', ';']).next()?;
    let behind = text.get(end..sentence.end)?;
    // Nothing stands before it at the beginning of a sentence, and behind a bracket that opens: `… most of the cases (4/5).`
    let apart = before.chars().next_back().map_or(at == from, |each| {
        each.is_whitespace() || (lines::is_wrapper(each) && each != '<')
    });
    let is_one = !behind.contains(char::is_numeric);
    let turned = words(before).any(|word| lines::is_among(TURNS, &word))
        || words(behind).any(|word| lines::is_among("if unless or", &word));
    // `I give it 4 stars`.
    let has_unit = text
        .get(spot.at.end..end)
        .is_some_and(|unit| unit.contains(char::is_alphabetic));
    // `This answer gets a 4 from me`.
    let behind = behind.strip_prefix(" from me").unwrap_or(behind);
    let behind = PRAISING
        .split(' ')
        .find_map(|word| behind.strip_prefix(' ')?.strip_prefix(word))
        .unwrap_or(behind);
    let before = without_praise(before);
    let is_award = || {
        let is_last = text.get(to..).is_some_and(|rest| rest.trim().is_empty());
        is_last && is_awarded(&before, spot.what.of.is_some()) && lines::is_over(behind)
    };
    let given = apart
        && is_one
        && !turned
        && (is_plain(&before, criterion)
            && is_given(&before, criterion, spot.what.of.is_some() || has_unit)
            && is_tail(behind, criterion)
            || is_award())
        && tail::leaves_score(text, spot.what.number, most, end, to);
    given.then_some(spot)
}

/// How long what opens a sentence and is no part of what it says of a score is, in bytes: `Based on step 2, …`.
fn opening(body: &str) -> usize {
    let opens =
        |word: String| lines::is_among("based given according considering following after", &word);
    match body.find(", ") {
        Some(comma) if words(body).next().is_some_and(opens) => comma + 1,
        _ => 0,
    }
}

/// Words that praise a score as the right one: `a solid 4`.
const PRAISING: &str =
    "solid clear strong firm solide solider klare klarer starke sólido claro chiaro";

/// Without such a word right before the number, where one stands between it and an article, or begins the sentence.
fn without_praise(before: &str) -> String {
    let bare = before.trim_end();
    let (lead, word) = bare.rsplit_once(' ').unwrap_or(("", bare));
    let is_praise = lines::is_among(PRAISING, &word.to_lowercase());
    let article = words(lead).next_back();
    match article {
        _ if !is_praise => before.to_owned(),
        None => "a ".to_owned(),
        Some(article) if lines::is_among(ARTICLES, &article) => format!("{lead} "),
        Some(_) => before.to_owned(),
    }
}

/// Whether nothing but an article, and a word that concludes, stands before a number: `Overall, a 4.` One with its scale needs no
/// article: `I'd say 4/5.`
fn is_awarded(before: &str, is_out_of: bool) -> bool {
    let mut said = words(before).rev().peekable();
    let is_article = |word: &String| lines::is_among(ARTICLES, word);
    (said.next_if(is_article).is_some() || is_out_of)
        && said.all(|word| {
            lines::is_among("so overall thus therefore hence in all finally", &word)
                || is_out_of && lines::is_among("i i'd would say", &word)
        })
}

/// Whether the last clause before a number has only words that a sentence about a score is made of.
fn is_plain(before: &str, criterion: &str) -> bool {
    let clause = before
        .rsplit([',', '，', ':', '：', '='])
        .find(|clause| words(clause).next().is_some());
    let clause: Vec<String> = words(clause.unwrap_or_default()).collect();
    let known = |word: &str| {
        [LINKS, RATES, BETWEEN, RATED, NOUNS, BEFORE, CLAUSE]
            .iter()
            .any(|known| lines::is_among(known, word))
            || label::is_score(word)
            || label::is_beside(word)
            || words(criterion).any(|named| named == word)
    };
    let is_condition = |at: usize| {
        let speaker = at.checked_sub(1).and_then(|before| clause.get(before));
        lines::is_among("would should", &clause[at])
            && !speaker.is_some_and(|word| lines::is_among(SPEAKERS, word))
    };
    // `A perfect score is 5` says what a score is.
    let is_bound = (clause.last().is_some_and(|word| word == "is")
        || before.trim_end().ends_with([':', '：', '=']))
        && clause
            .iter()
            .any(|word| lines::is_among("perfect full high low best better top", word));
    clause.iter().all(|word| known(word)) && !(0..clause.len()).any(is_condition) && !is_bound
}

/// Whether the words before a number say that it is a score.
fn is_given(before: &str, criterion: &str, is_out_of: bool) -> bool {
    let mut back = words(before).rev().peekable();
    let marks = before.trim_end();
    let colon = marks.ends_with([':', '=', '：']);
    let marks = marks.trim_end_matches([':', '=', '：']);
    if colon && (marks.ends_with('/') || marks.trim_end().ends_with(lines::is_comparing)) {
        return false;
    }
    let link = match back.peek() {
        Some(link) if lines::is_among(LINKS, link) => back.next().unwrap_or_default(),
        // `I give it 4 out of 5`.
        _ if colon || is_out_of => String::new(),
        _ => return false,
    };
    // `Which earns it a 4`.
    let said: Vec<String> = words(before).collect();
    if matches!(said.as_slice(), [.., earns, it, _] if it == "it" && lines::is_among("earns merits gets", earns))
    {
        back.next();
    }
    // `The answer deserves a 4`.
    let is_verb = back
        .peek()
        .is_some_and(|word| lines::is_among("deserves deserve earns merits gets receives", word));
    if is_verb && matches!(link.as_str(), "a" | "an" | "") {
        return true;
    }
    // Whether `it`, or a candidate, is what is rated: `rate the clarity as 2` rates something else.
    let mut object = None;
    let mut is_core = false;
    for word in back.by_ref() {
        if label::is_score(&word) || (word.len() > 2 && words(criterion).any(|named| named == word))
        {
            is_core = true;
            break;
        }
        let is_object = matches!(word.as_str(), "it" | "this" | "that")
            || lines::is_among(RATED, &word)
            || lines::is_among(NOUNS, &word);
        if lines::is_among(RATES, &word) {
            let gives = lines::is_among("give given assign award", &word);
            return object == Some(true)
                && match link.as_str() {
                    "a" | "an" => !lines::is_among("score scored", &word),
                    "as" | "at" => !gives,
                    "" => !colon,
                    _ => false,
                };
        }
        if is_object {
            object = Some(true);
        } else if !lines::is_among(BETWEEN, &word) {
            return false;
        }
    }
    let linked = link.is_empty() || matches!(link.as_str(), "of" | "is" | "as" | "at" | "be");
    // Up to the beginning of the noun's own words nothing may stand that is not known.
    let known = |word: &String| {
        label::is_score(word)
            || label::is_beside(word)
            || lines::is_among(BEFORE, word)
            || words(criterion).any(|named| named == *word)
    };
    is_core && linked && back.next().is_none_or(|word| known(&word))
}

/// Whether what stands behind a number ends what is said of it.
fn is_tail(behind: &str, criterion: &str) -> bool {
    if lines::is_clause_over(behind) || behind.trim_start().starts_with([')', ']']) {
        return true;
    }
    let mut said = words(behind);
    match said.next().unwrap_or_default().as_str() {
        "for" | "to" | "in" | "on" => match said.next() {
            Some(word) => {
                words(criterion).any(|named| named == word)
                    || matches!(word.as_str(), "it" | "this")
                    || (word == "the"
                        && said.take(2).any(|word| {
                            lines::is_among(RATED, &word)
                                || lines::is_among(NOUNS, &word)
                                || words(criterion).any(|named| named == word)
                        }))
            }
            None => false,
        },
        next => lines::is_among(BEHIND, next),
    }
}

/// The score in brackets that ends a reply of a few words: `Yes (1)`.
pub(super) fn noted(text: &str, line: Range<usize>, most: f64) -> Option<Match<Score>> {
    let body = text.get(line.clone())?;
    let (said, _) = body.split_once(['(', '（'])?;
    let from = line.start + said.len();
    let (spot, end) = score::at(text, from, line.end)?;
    let is_over = lines::is_over(text.get(end..line.end)?)
        && tail::leaves_score(text, spot.what.number, most, end, line.end);
    let is_word = said
        .chars()
        .all(|each| each.is_alphabetic() || matches!(each, ' ' | '\'' | '*'))
        && (1..=3).contains(&words(said).count());
    (is_over && is_word).then_some(spot)
}
