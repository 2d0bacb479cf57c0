//! Another value that a reply gives further down: `[[8]]`, and then `Final: 6`; and words that take the value back.
//!
//! Which of the two the judge means is not known then, whatever the form. Values of parts (`Clarity: 3`, `Depth: 4`) are none,
//! nor are numbers that count something.

use std::ops::Range;

use domain::rubric::Meaning;

use super::choice::{Choices, NOUNS};
use super::quoted::Quotations;
use super::rival::{Piece, equates, has_rival, pieces};
use super::sentence::{sentences, words};
use super::unread::Read;
use super::{attribution, label, lead, lines, numbers, retraction, score, stance, tail};

/// The most words of a name that is given a value in a line of its own.
const MAX_NAME_WORDS: usize = 4;

/// The most words of a sentence that does nothing but take back what is said above.
const LONGEST_VOIDING: usize = 10;

/// Among how many words a sentence's `now` opens it: `I would now say 3.`
const OPENING: usize = 3;
/// Words for how sure a judge is, which is no value of what it judges.
const SURENESS: &str = "confidence certainty";

/// What points at a value that stands above.
const POINTING: &str =
    "this that it above these those everything my dies das ça cela esto eso это 上記";

/// Words for what is judged as yet another thing.
const UNABLE: &str = "cannot can't couldn't unable impossible refuse decline won't";

/// Words for judging.
const JUDGING: &str =
    "judge assess evaluate score rate grade decide determine tell say answer choose";

/// The value that is read, as other ones are held against it.
#[derive(Clone, Copy)]
pub(super) enum Own<'v> {
    Score {
        value: f64,
        most: f64,
    },
    Row(&'v [f64]),
    Choice {
        choices: &'v Choices<'v>,
        chosen: &'v Meaning,
    },
}

impl Own<'_> {
    /// Whether what stands behind the value which ends at a place gives another one or takes it back.
    pub(super) fn is_taken_back(&self, read: &Read<'_>, from: usize) -> bool {
        let rest = read.text.get(from..read.part.end).unwrap_or_default();
        let next = from + rest.find('\n').unwrap_or(rest.len());
        let own = sentences(read.text, from..next);
        let breath = own.first().and_then(|at| read.text.get(at.clone()));
        let mut further = own.iter().skip(1);
        let behind = rest.get(breath.map_or(0, str::len)..).unwrap_or_default();
        further.any(|at| {
            read.text.get(at.clone()).is_some_and(is_voided)
                || !read.values.iter().any(|value| at.contains(value))
                    && self.is_rivalled_by(read, at)
        }) || breath.is_some_and(attribution::ends)
            || attribution::follows(behind)
            || self.takes_back(read, next..read.part.end)
            || self.given_anew(read, next..read.part.end).is_some()
    }

    /// Whether one of the lines of a part takes back what stands above it.
    pub(super) fn takes_back(&self, read: &Read<'_>, part: Range<usize>) -> bool {
        // What a program prints is none.
        let before = read.text.get(read.part.start..part.start);
        let mut is_within = before
            .unwrap_or_default()
            .lines()
            .filter(|line| line.starts_with("```"))
            .count()
            % 2
            == 1;
        let mut is_fenced = false;
        lines::lines(read.text, part).any(|line| {
            let line = near(read.text, line);
            let said = read.text.get(line.clone()).unwrap_or_default();
            if said.starts_with("```") {
                is_fenced = !is_within && !is_fenced;
                is_within = false;
                return false;
            }
            if is_fenced {
                return false;
            }
            let mut sentences = sentences(said, 0..said.len()).into_iter();
            // `4 or 5`, as a reason, weighs.
            let weighs = read.is_reason && said.starts_with(char::is_numeric);
            (!weighs && tail::takes_back(said) && self.is_rivalled(read.text, &line))
                || sentences.any(|at| {
                    said.get(at.clone()).is_some_and(|said| {
                        let speaks = !read.is_reason || speaks_of_value(said);
                        speaks && is_voided(said) || self.is_equated(said)
                    }) || self.is_rivalled_by(read, &(line.start + at.start..line.start + at.end))
                })
        })
    }

    /// Whether a sentence gives another value in so many words.
    fn is_rivalled_by(&self, read: &Read<'_>, sentence: &Range<usize>) -> bool {
        let said = read.text.get(sentence.clone()).unwrap_or_default();
        match self {
            // Reasons reckon, and speak of the scores of parts and of others.
            Self::Score { value, most } if read.is_reason => {
                let mut opening = words(said).take(OPENING);
                let is_new = tail::takes_back(said) || opening.any(|word| word == "now");
                is_new && retraction::gives_score(said, *value, *most)
            }
            Self::Score { value, most } => {
                retraction::gives_score(said, *value, *most) || retraction::reckons(said)
            }
            Self::Row(_) => !read.is_reason && retraction::reckons(said),
            Self::Choice { choices, chosen } => {
                choices.is_contradicted(read.text, chosen, sentence)
                    && !(read.is_reason
                        && choices.is_among_findings(read.text, chosen, sentence.start))
            }
        }
    }

    /// Whether a sentence says that the score is another one: `It should be 3.`
    fn is_equated(&self, said: &str) -> bool {
        matches!(self, Self::Score { value, .. } if equates(&pieces(said), *value))
    }

    /// What the lines of a part give another value to.
    pub(super) fn given_anew(&self, read: &Read<'_>, part: Range<usize>) -> Option<Given> {
        let text = read.text;
        let quotations = Quotations::of(text, part.clone());
        // One that the form itself reads is weighed there.
        let is_own = |line: &Range<usize>| {
            read.values.iter().any(|at| line.contains(at)) || quotations.lead_to(text, line)
        };
        let given = lines::lines(text, part)
            .map(|line| near(text, line))
            .filter(|line| !is_own(line))
            .filter_map(|line| self.given(text, &line));
        let mut parts = Vec::new();
        for (kind, differs) in given {
            match kind {
                Given::Whole if differs => return Some(Given::Whole),
                Given::Whole => {}
                Given::Part => parts.push(differs),
            }
        }
        // Several are the values of parts.
        (parts == [true]).then_some(Given::Part)
    }

    /// Whether a line of a part gives another value to what has a name.
    pub(super) fn is_named(&self, text: &str, part: Range<usize>, name: &str) -> bool {
        lines::lines(text, part).any(|line| {
            let said = text.get(line.clone()).unwrap_or_default();
            let named = said.split_once([':', '：', '=']);
            let value = named.filter(|(label, _)| words(label).eq(words(name)));
            value.is_some_and(|(_, value)| {
                self.at(text, line.end - value.len(), line.end)
                    .is_some_and(|(differs, _)| differs)
            })
        })
    }

    /// Whether a line that takes something back names another value.
    fn is_rivalled(&self, text: &str, line: &Range<usize>) -> bool {
        let said = pieces(text.get(line.clone()).unwrap_or_default());
        match self {
            Self::Score { value, most } => has_rival(&said, *value, *most),
            Self::Row(row) => {
                let numbers = said.iter().filter_map(|piece| match piece {
                    Piece::Number(number) => Some(*number),
                    _ => None,
                });
                let numbers: Vec<f64> = numbers.collect();
                numbers.len() == row.len() && numbers != *row
            }
            Self::Choice { choices, chosen } => {
                let rival = |at| choices.rival(text, chosen, at, line.end);
                !tail::leaves_choice(text, line.start, line.end, rival)
            }
        }
    }

    /// The value that a line gives to something in a few words, and whether it differs: `Adjusted score: 6`, `In the end: 6`,
    /// `→ 6`, `| Final | 6 |`.
    fn given(&self, text: &str, line: &Range<usize>) -> Option<(Given, bool)> {
        let said = text.get(line.clone())?;
        if let Some((differs, end)) = self.at(text, line.start, line.end)
            && lines::is_over(text.get(end..line.end)?)
        {
            // The last word of a reply.
            let is_last = text.get(line.end..)?.trim().is_empty();
            let kind = if is_last { Given::Whole } else { Given::Part };
            return Some((kind, differs))
                .filter(|_| is_last || !matches!(self, Self::Choice { .. }));
        }
        let is_mark = |each: char| matches!(each, '*' | '_' | '`' | '#' | '.' | '!' | ' ' | '|');
        let bare = said.trim_matches(is_mark);
        let arrow = ["->", "=>", "→"]
            .iter()
            .find_map(|arrow| bare.strip_prefix(arrow));
        if let Some(rest) = arrow {
            let from = line.end - (said.len() - said.find(rest)?);
            let (differs, _) = self.at(text, from, line.end)?;
            return Some((Given::Whole, differs));
        }
        let is_joint = |each| matches!(each, ':' | '：' | '=' | '→' | '—' | '|');
        let (name, from) = match bare.rfind(is_joint) {
            Some(joint) => {
                let mark = bare.get(joint..)?.chars().next()?;
                (bare.get(..joint)?, joint + mark.len_utf8())
            }
            None => {
                let word = bare.find([' ', '\t'])?;
                (bare.get(..word)?, word)
            }
        };
        let name = name.trim_matches(|each| is_mark(each) || is_joint(each));
        let is_anew = label::is_anew(name);
        let start = line.start + (said.len() - said.trim_start_matches(is_mark).len());
        let (differs, end) = self.at(text, start + from, line.end)?;
        let rest = text.get(end..line.end)?;
        let is_whole = rest
            .chars()
            .all(|each| is_mark(each) || lines::is_over(&each.to_string()));
        if is_anew {
            // `Deduction: 2 for style`.
            let is_over = is_whole || lines::is_clause_over(rest) || rest.starts_with(" for ");
            return is_over.then_some((Given::Whole, differs));
        }
        let is_named = bare.contains([':', '：', '=', '→'])
            && !matches!(self, Self::Choice { .. })
            && name.split_whitespace().count() <= MAX_NAME_WORDS
            && !name.contains(['(', '[', '{'])
            && !words(name).any(|word| lines::is_among(SURENESS, &word))
            && !label::names_value(said);
        (is_whole && is_named).then_some((Given::Part, differs))
    }

    /// Whether the value that begins at a place differs, and the place behind it.
    fn at(&self, text: &str, from: usize, to: usize) -> Option<(bool, usize)> {
        match self {
            Self::Score { value, most } => {
                let (spot, end) = score::at(text, from, to)?;
                let is_off = spot.what.of.is_some_and(|of| of.total_cmp(most).is_ne());
                let differs = is_off || spot.what.number.total_cmp(value).is_ne();
                // Of a deduction the sign may be written.
                (spot.what.number.abs() <= *most).then_some((differs, end))
            }
            Self::Row(row) => {
                let other = numbers::row(text, from..to, row.len(), true)?;
                let other: Vec<f64> = other.iter().map(|spot| spot.what.number).collect();
                Some((other != *row, to))
            }
            Self::Choice { choices, chosen } => {
                let spot = choices.begin(text, from, to)?;
                Some((spot.what != *chosen, spot.at.end))
            }
        }
    }
}

/// The beginning of a line: a flood is not gone through.
fn near(text: &str, line: Range<usize>) -> Range<usize> {
    line.start..line.start + tail::near(text, line.start, line.end).len()
}

/// What a line gives a value to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Given {
    /// To what is judged.
    Whole,
    /// To anything.
    Part,
}

/// Whether a sentence speaks of the value that is given, or of how it was found.
fn speaks_of_value(sentence: &str) -> bool {
    retraction::is_unseen(sentence)
        || words(sentence)
            .any(|word| label::is_score(&word) || lines::is_among("verdict cannot unable", &word))
}

/// Whether a sentence takes back what stands above it, whatever that is: `Ignore the above.`, `This is only an example.`, `No
/// wait.`, `I cannot judge this.`
pub(in crate::reply) fn is_voided(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    if stance::unsays(sentence) || stance::rejects(sentence) {
        return true;
    }
    if said.is_empty() || said.len() > LONGEST_VOIDING {
        return false;
    }
    let is = |word: &String, list| lines::is_among(list, word);
    let is_value = |word: &String| {
        label::is_score(word.strip_suffix('s').unwrap_or(word))
            || is(word, "number numbers verdict")
    };
    let speaks = said.iter().any(is_value);
    let points = speaks || said.iter().any(|word| is(word, POINTING));
    let subject = said
        .first()
        .is_some_and(|word| is(word, POINTING) || is(word, "the all") || is_value(word));
    let is_back = said
        .iter()
        .all(|word| tail::is_taking_back(word) || is(word, POINTING));
    let is_elsewhere = points
        && subject
        && said
            .iter()
            .any(|word| is(word, "is are was were ist est es"))
        && lead::names_elsewhere(sentence)
        && said.iter().any(|word| {
            is(word, "only just merely a an") || is(word, "placeholders samples examples dummies")
        });
    let is_unable = said.iter().any(|word| is(word, UNABLE)).then(|| {
        let at = said.iter().position(|word| is(word, JUDGING))?;
        Some(
            said.get(at + 1).is_none_or(|next| is(next, POINTING))
                || said.get(at + 2).is_some_and(|noun| is(noun, NOUNS)) && said.len() == at + 3,
        )
    });
    let is_jest = said.iter().any(|word| is(word, "kidding joking"));
    (is_back && said.len() > 1)
        || retraction::disowns(sentence)
        || is_jest
        || is_elsewhere
        || is_unable.flatten() == Some(true)
}
