//! Texts that are another value of a criterion than the one that was read, and sentences that claim another choice.

use std::ops::Range;

use domain::rubric::{Criterion, Meaning, Scale, Side};

use super::choice::{Choices, NOUNS};
use super::sentence::words;
use super::{claim, digits, lines, polarity, score};
use crate::reply::grade;
use crate::reply::verdict::Grade;

/// Whether a text is, as a whole, another value of a criterion.
pub(in crate::reply) fn is_another(
    text: &str,
    criterion: &Criterion,
    comparison: bool,
    given: &Grade,
) -> bool {
    let bare = text.trim().trim_end_matches(['.', '!', '。']);
    if comparison {
        return grade::side(bare).is_some_and(|side| Grade::side(side).label != given.label);
    }
    match &criterion.scale {
        Scale::Numeric { max, .. } => {
            let in_digits = score::at(bare, 0, bare.len()).filter(|(spot, end)| {
                let is_over = bare.get(*end..).is_some_and(lines::is_over);
                is_over && spot.what.of.is_none_or(|of| of.total_cmp(max).is_eq())
            });
            let number = in_digits.map(|(spot, _)| spot.what.number);
            let number = number.or_else(|| digits::word(&bare.to_lowercase()));
            number.is_some_and(|number| {
                criterion.scale.normalize_number(number).is_some()
                    && number.total_cmp(&given.score).is_ne()
            })
        }
        Scale::Boolean => {
            let named = polarity::truth(bare, &criterion.name);
            named.is_some_and(|holds| Grade::truth(holds).label != given.label)
        }
        Scale::Categories { .. } => {
            let named = Grade::category(&criterion.scale, bare);
            named.is_some_and(|named| named.label != given.label)
        }
    }
}

/// What a sentence points at as the thing that is judged.
const POINTING: &str = "it this that everything dies das";
const BEING: &str = "is becomes remains it's that's be ist";

/// Words by which a sentence makes something of what it points at.
const MAKING: &str = "makes make made renders render rendered marks mark calls call consider considers deem rate judge declare turns leaves";
const MADE: &str = "marked considered rated deemed called labelled labeled judged classified";

/// Words that may stand right before a choice.
const BESIDE: &str =
    "a an the as to be clear clearly rather still now really definitely simply in fact ein eine";

/// Words with which a sentence denies, supposes or asks.
const TURNING: &str = "not never no nothing none neither nor isn't wasn't can't cannot could would might may if unless whether what were had when \
    where hardly barely nobody than nicht kein wenn";

impl Choices<'_> {
    /// Whether a place stands among numbered findings of which one names the choice itself: each says what that finding is, and not
    /// what is judged.
    pub(super) fn is_among_findings(&self, text: &str, chosen: &Meaning, at: usize) -> bool {
        let Some(list) = lines::numbered(text).filter(|list| list.contains(&at)) else {
            return false;
        };
        let mut from = list.start;
        text.get(list.clone())
            .unwrap_or_default()
            .split_inclusive(|each: char| !each.is_alphanumeric() && each != '_')
            .any(|word| {
                let start = from;
                from += word.len();
                self.begin(text, start, list.end)
                    .is_some_and(|named| named.what == chosen)
            })
    }

    /// Whether a sentence that points at what is judged, or does nothing else, claims another choice: `That makes it UNSAFE.`,
    /// `Apart from that, FAIL.`
    pub(super) fn is_contradicted(
        &self,
        text: &str,
        chosen: &Meaning,
        sentence: &Range<usize>,
    ) -> bool {
        let said = text.get(sentence.clone()).unwrap_or_default();
        if said.trim_end_matches(lines::is_gap).ends_with(['?', '？']) {
            return false;
        }
        let is_one = matches!(chosen, Meaning::Side(Side::First | Side::Second));
        if is_one && is_other_better(said, chosen) {
            return true;
        }
        said.char_indices().any(|(place, _)| {
            let at = sentence.start + place;
            let Some(end) = self.rival(text, chosen, at, sentence.end) else {
                return false;
            };
            let behind = text.get(end..sentence.end).unwrap_or_default();
            let next = behind.split([',', '.', ';', '!', '，', '。']).next();
            let is_over = next.is_some_and(lines::is_over);
            let before = said.get(..place).unwrap_or_default();
            // `B is the one that answers the question.`
            let is_singled = behind.starts_with(" is the one ")
                && !words(before).any(|word| lines::is_among(TURNING, &word));
            is_singled || is_over && self.is_claimed(text, sentence.start, before, end - at)
        })
    }

    /// Whether a sentence which says of candidates that they are right or wrong, and nothing else, agrees with the chosen one: `B is
    /// wrong.`
    pub(super) fn upholds(&self, said: &str, chosen: &Meaning) -> Option<bool> {
        let says = |clause: &str| {
            let named = self.begin(clause, 0, clause.len())?;
            let said: Vec<String> = words(clause.get(named.at.end..)?)
                .filter(|word| !word.ends_with("ly"))
                .collect();
            let said: Vec<&str> = said.iter().map(String::as_str).collect();
            let is_right = match said.as_slice() {
                ["wins"] => true,
                ["fails" | "loses"] => false,
                ["is" | "was", right]
                    if lines::is_among("right correct true accurate valid better best", right) =>
                {
                    true
                }
                ["is" | "was", wrong]
                    if lines::is_among(
                        "wrong incorrect false inaccurate invalid worse worst",
                        wrong,
                    ) =>
                {
                    false
                }
                _ => return None,
            };
            let is_side = matches!(chosen, Meaning::Side(Side::First | Side::Second))
                && *named.what != Meaning::Side(Side::Tie);
            Some(is_side && (named.what == chosen) == is_right)
        };
        let mut clauses = said.split(" and ").map(says);
        clauses.try_fold(true, |all, agrees| Some(all && agrees?))
    }

    fn is_claimed(&self, text: &str, start: usize, before: &str, length: usize) -> bool {
        let (opening, clause) = before
            .rfind([',', ';', '—', '，'])
            .and_then(|mark| before.split_at_checked(mark))
            .unwrap_or(("", before));
        if words(before).any(|word| lines::is_among(TURNING, &word)) {
            return false;
        }
        let mut said: Vec<String> = words(clause).collect();
        while said
            .last()
            .is_some_and(|word| lines::is_among(BESIDE, word))
        {
            said.pop();
        }
        let is = |back: usize, list| {
            let word = said.len().checked_sub(back).and_then(|at| said.get(at));
            word.is_some_and(|word| lines::is_among(list, word))
        };
        let points = |back: usize| is(back, POINTING);
        let is_said_of = is(1, "it's that's") || is(1, BEING) && points(2);
        let is_made = points(1) && is(2, MAKING);
        let is_marked = is(1, MADE) && said.iter().any(|word| lines::is_among(POINTING, word));
        let names_choice = || {
            let mut places = opening.char_indices();
            places.any(|(at, _)| self.at(text, start + at, start + opening.len()).is_some())
        };
        // `Apart from that, FAIL.`, and no row of choices.
        let is_alone =
            said.is_empty() && length > 1 && words(opening).next().is_some() && !names_choice();
        let bare = clause.trim_end_matches(|each| lines::is_wrapper(each) || each == ' ');
        let is_wide = bare.ends_with(['是', '为', '為', '选', '選'])
            && !["不是", "非是", "不选", "不為", "不为"]
                .iter()
                .any(|not| bare.ends_with(not))
            && bare.chars().count() <= MOST_WIDE;
        is_said_of || is_made || is_marked || is_alone || is_wide
    }
}

/// Whether a sentence says without its name that the one of two that was not chosen is better: `The other one is in fact stronger.`, `The
/// second answer is better.`
fn is_other_better(said: &str, chosen: &Meaning) -> bool {
    let ordinals = match chosen {
        Meaning::Side(Side::First) => [" second", " latter"],
        _ => [" first", " former"],
    };
    // `another one` is none of two.
    let names = [" other"].into_iter().chain(ordinals);
    let mut named = names.flat_map(|name| said.match_indices(name));
    named.any(|(at, other)| {
        let (before, rest) = said.split_at(at);
        let rest = rest.get(other.len()..).unwrap_or_default();
        let noun = rest.trim_start().split(' ').next().unwrap_or_default();
        let is_noun = noun == "one" || lines::is_among(NOUNS, noun);
        let behind = rest.split_at_checked(1 + noun.len()).filter(|_| is_noun);
        !words(before).any(|word| lines::is_among(TURNING, &word))
            && !claim::is_partial(before)
            && claim::is_better(behind.map_or(rest, |(_, behind)| behind), "")
    })
}

/// The most characters, of a script without blanks, before a choice that is claimed.
const MOST_WIDE: usize = 6;
