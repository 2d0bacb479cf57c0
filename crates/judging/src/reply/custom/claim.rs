//! The choice that a sentence claims, wherever it stands: `Overall, Output (b) is better because it runs.`
//!
//! A sentence claims a choice where it
//! - calls it the better one (`is better`, `is the winner`, `wins`, `rate … as the best`, `… over Assistant 2's`);
//! - names it behind a word of choosing (`I recommend Assistant 2's answer`, `the better one is: "1"`);
//! - is the choice, where that is itself a sentence (`Therefore, Output (a) is better.`).
//!
//! It claims none where it claims two, asks, supposes, denies, reports what somebody else says, finds both alike, or
//! speaks of a part of the matter (`better in style`, `Clarity: …`). What stands in a clause of its own (`although it is
//! not short, …`, `… because the other one does not run`) changes none of that.

mod act;
mod foreign;
mod phrases;

use std::ops::Range;

use domain::rubric::{Meaning, Side};

use super::choice::{Choices, NOUNS};
use super::label;
use super::sentence::words;
use super::{Match, attribution, lead, lines};
use phrases::{
    behind_reason, finds_both_alike, is_bare, is_even, is_even_before, is_rated, is_tail, is_taken,
    led_to, possessed, says_alike, stands_alone,
};

pub(super) use act::acts;
pub(super) use phrases::{core, is_better, is_partial, leads};

/// Words before a choice that make the sentence say something else.
const TURNS: &str = "not longer never cannot can't don't doesn't isn't won't wouldn't didn't wasn't neither nor or if unless \
    whether worse worst wrong incorrect correct except between hardly might could may says said claims claimed argues argue \
    argued states stated thinks believes feels insists asserts suggests prefers terms regarding respect aspect \
    supposedly allegedly apparently seemingly reportedly presumably ironically tempting yesterday first-hand way doubt doubts doubtful unlikely questionable nobody hesitate hope hopes suppose supposing assume assuming imagine pretend refuse";

/// Words behind a label that leave its value open.
const TENTATIVE: &str = "leaning lean leans tending tends inclined close closer near nearly almost towards toward eher plutôt más più";

/// Words behind it that make it hold in a case only.
const CASES: &str = "if unless whether except when where assuming were supposedly allegedly apparently seemingly reportedly presumably ironically now told heard";

/// Words that begin a clause of its own before the claim.
const SUBORDINATES: &str =
    "although though while whereas despite since because as given considering even based between";

/// Words that end what stands before them.
const CONCLUDES: &str = "so therefore thus hence but yet still overall making meaning";

/// What a form names as its choice in `text`, once for each sentence of a line that claims one. In the `last` line the
/// last sentence may name it in fewer words.
pub(super) fn claims(
    text: &str,
    line: Range<usize>,
    last: bool,
    choices: &Choices<'_>,
) -> Vec<Match<Meaning>> {
    if label::is_of_something_else(text.get(line.clone()).unwrap_or_default()) {
        return Vec::new();
    }
    let opening = choices
        .begin(text, line.start, line.end)
        .map(|spot| spot.what);
    let sentences = super::sentence::sentences(text, line);
    let count = sentences.len();
    let mut said = sentences
        .iter()
        .filter_map(|sentence| text.get(sentence.clone()));
    let is_even = said.any(finds_both_alike);
    let alike = sentences.last().filter(|_| last).cloned();
    let alike = alike.filter(|at| text.get(at.clone()).is_some_and(says_alike));
    let claimed = sentences.into_iter().enumerate();
    let mut claimed: Vec<_> = claimed
        .filter_map(|(index, sentence)| {
            Sentence {
                text,
                choices,
                is_even,
                last: last && index + 1 == count,
                mentions: mentions(text, &sentence, choices),
                opening,
                at: sentence,
            }
            .claimed()
        })
        .collect();
    if claimed.is_empty() {
        let tie = |at| {
            Some(Match {
                what: choices.tie()?.clone(),
                at,
            })
        };
        claimed.extend(alike.and_then(tie));
    }
    claimed
}

/// The places where choices are named.
fn mentions<'c>(text: &str, at: &Range<usize>, choices: &Choices<'c>) -> Vec<Match<&'c Meaning>> {
    let mut mentions: Vec<Match<&Meaning>> = Vec::new();
    let body = text.get(at.clone()).unwrap_or_default();
    for (place, _) in body.char_indices() {
        let from = at.start + place;
        if mentions.last().is_none_or(|last| last.at.end <= from)
            && let Some(spot) = choices.at(text, from, at.end)
        {
            mentions.push(spot);
        }
    }
    mentions
}

/// Whether a mark that compares stands before a choice: `!= A`, `≠ A`, `!A`, `<A`.
fn is_compared(before: &str, behind: &str) -> bool {
    let marks = before.trim_end();
    match marks.strip_suffix('=') {
        Some(marks) => marks.ends_with(lines::is_comparing),
        None => {
            before.ends_with('!')
                || marks.ends_with(['≠', '≤', '≥', '≈'])
                || (marks.ends_with('<') && !behind.contains('>'))
        }
    }
}

/// Verbs of persons who hold something.
const HOLDING: &str = "say says think thinks find finds feel feels believe believes hold argue argues claim claims consider considers judge";

/// Whether somebody else holds what follows: `Some would say A`, `Many readers find that A`.
fn is_of_others(before: &str) -> bool {
    let said: Vec<String> = words(before).collect();
    let verb = said.iter().rposition(|word| lines::is_among(HOLDING, word));
    let subject = verb.and_then(|verb| said.get(..verb));
    subject.is_some_and(|subject| {
        !subject.is_empty()
            && !subject.iter().any(|word| {
                lines::is_among("i we i'd i'll i'm i've my our me us", word)
                    || label::is_known(word)
            })
    })
}

/// Whether a clause says what the judge held before: `I thought A is better`, `my first impression is that A is better`.
fn is_past(clause: &str) -> bool {
    let said: Vec<String> = words(clause).collect();
    said.windows(2).any(|pair| {
        let is = |at: usize, list| lines::is_among(list, &pair[at]);
        is(0, "i we") && is(1, "thought believed felt assumed")
            || is(0, "first") && is(1, "impression")
    })
}

struct Sentence<'t, 'c> {
    text: &'t str,
    choices: &'c Choices<'c>,
    /// Whether its line finds both alike: a preference beside that is none.
    is_even: bool,
    at: Range<usize>,
    /// Whether the reply ends with it.
    last: bool,
    mentions: Vec<Match<&'c Meaning>>,
    /// The choice that the line begins with.
    opening: Option<&'c Meaning>,
}

impl<'t> Sentence<'t, '_> {
    fn claimed(&self) -> Option<Match<Meaning>> {
        let body = self.part(self.at.start, self.at.end);
        let asks = body.trim_end_matches(lines::is_gap);
        if asks.ends_with(['?', '？']) {
            return None;
        }
        let mut claims = self.mentions.iter().filter(|each| self.claims(each));
        let first = claims.next()?;
        claims.all(|other| other.what == first.what).then(|| Match {
            what: first.what.clone(),
            at: first.at.clone(),
        })
    }

    fn part(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Whether the sentence claims the choice that it names here.
    fn claims(&self, spot: &Match<&Meaning>) -> bool {
        let before = self.part(self.at.start, spot.at.start);
        let behind = self.part(spot.at.end, self.at.end);
        let named = self.part(spot.at.start, spot.at.end);
        if is_compared(before, behind) || self.is_aside(spot, before) {
            return false;
        }
        let is_side = matches!(spot.what, Meaning::Side(_));
        let is_tie = *spot.what == Meaning::Side(Side::Tie);
        let is_sentence = words(named).count() > 2;
        let rest = possessed(behind);
        let body = self.part(self.at.start, self.at.end);
        let label = label::behind(body, self.choices.labels(self.last))
            .and_then(|behind| body.get(..behind))
            .filter(|label| {
                label.ends_with([':', '：', '=']) && self.at.start + label.len() <= spot.at.start
            });
        let is_labelled = label.is_some();
        // `Verdict: Yes, though I lean No`.
        let first = label.and_then(|label| {
            let from = self.at.start + label.len();
            self.mentions.iter().find(|other| other.at.start >= from)
        });
        if first.is_some_and(|first| first.what != spot.what) {
            return false;
        }
        // Behind a label a value stands, or nobody says what leads to it: `Verdict: leaning Yes`.
        let said = label.and_then(|label| before.get(label.len()..));
        let is_leaning = said.is_some_and(|said| {
            let mut leads = words(said);
            leads
                .next()
                .is_some_and(|word| lines::is_among(TENTATIVE, &word))
        });
        let led = led_to(before).filter(|_| acts(before));
        let (led, by_noun) = led.map_or((false, false), |by_noun| (true, by_noun));
        let called = is_sentence && is_tail(behind, "")
            || led && is_tail(rest, "for over than rather instead") && !self.is_shared(spot)
            || (is_better(rest, named) || is_taken(rest)) && !self.is_shared(spot)
            || is_side && foreign::claims(before, rest)
            || acts(before) && (self.is_over(rest) || is_rated(before, rest))
            || is_tie && is_even_before(before)
            || self.last
                && stands_alone(before, behind, named)
                && !self.is_answered(spot.what, before);
        // Within the reasoning a choice may be what a program prints, or a word.
        // So may be what others choose.
        let speaks = words(before).any(|word| matches!(word.as_str(), "i" | "we" | "my"));
        let is_plain = self.last
            || is_sentence
            || is_side && !(led && (by_noun || !speaks)) && !is_bare(before, behind, named);
        let reason = behind_reason(rest);
        // `The winner would be A` says in which case, or nothing at all; `the output should be A` is what the judge was asked for.
        let clause = before.rsplit([',', ';', '，']).next().unwrap_or_default();
        let has = |list| words(clause).any(|word| lines::is_among(list, &word));
        let is_wish =
            !speaks && (has("would") || has("should ought") && has("winner better best preferred"));
        called
            && !is_leaning
            && !is_wish
            && is_plain
            && !if is_labelled {
                self.choices
                    .is_left_open(self.text, spot.what, spot.at.end, self.at.end)
            } else {
                self.choices.is_joined(self.text, spot.at.end, self.at.end)
            }
            && !self.is_turned(spot, is_tie)
            && !words(reason).any(|word| lines::is_among(CASES, &word))
            && ![" as long", " so long as ", " as far as "]
                .iter()
                .any(|case| reason.contains(case))
            && !attribution::clauses(reason).any(attribution::attributes)
            && (is_tie || !is_side || !(self.is_even || is_even(before, behind)))
    }

    /// Whether a word that answers begins the line and says something else, which nothing before this one takes back:
    /// `No, there is no error: it is right. Yes.`
    fn is_answered(&self, rest: &Meaning, before: &str) -> bool {
        self.opening
            .is_some_and(|opening| opening != rest && !matches!(opening, Meaning::Side(_)))
            && words(before).next().is_none()
    }

    /// Whether it stands in brackets behind another choice: `Yes (leaning No)`.
    fn is_aside(&self, spot: &Match<&Meaning>, before: &str) -> bool {
        let open = before.rfind(['(', '（']);
        let is_in = open.and_then(|open| before.get(open..));
        is_in.is_some_and(|inside| !inside.contains([')', '）']))
            && self.mentions.iter().any(|other| {
                other.what != spot.what && Some(other.at.end) <= open.map(|at| self.at.start + at)
            })
    }

    /// Whether another choice stands beside it in a row: `A or B`, `A and B`, `A/B`.
    fn is_shared(&self, spot: &Match<&Meaning>) -> bool {
        self.mentions.iter().any(|other| {
            let between = if other.at.start > spot.at.start {
                self.part(spot.at.end, other.at.start)
            } else {
                self.part(other.at.end, spot.at.start)
            };
            let is_row = words(between)
                .all(|word| lines::is_among("and or nor", &word) || lines::is_among(NOUNS, &word));
            other.what != spot.what && is_row
        })
    }

    /// Whether it is said to be chosen over another one: `Assistant 1's answer over Assistant 2's`.
    fn is_over(&self, behind: &str) -> bool {
        let over = [" over ", " rather than ", " instead of "];
        let Some(rest) = over.iter().find_map(|over| behind.strip_prefix(over)) else {
            return false;
        };
        let place = self.at.end - rest.len();
        self.mentions.iter().any(|other| {
            other.at.start >= place
                && words(self.part(place, other.at.start))
                    .all(|word| word == "the" || lines::is_among(NOUNS, &word))
        })
    }

    /// Whether what stands before a choice makes the sentence say something else.
    fn is_turned(&self, spot: &Match<&Meaning>, is_tie: bool) -> bool {
        let turns = |part: &str| {
            words(&part.replace("no doubt", "")).any(|word| {
                lines::is_among(TURNS, &word)
                    && !(is_tie && matches!(word.as_str(), "neither" | "nor" | "between" | "or"))
            })
        };
        let mut from = self.at.start;
        let mut parts: Vec<Range<usize>> = Vec::new();
        let before = self.part(from, spot.at.start);
        for (place, mark) in before.match_indices([',', '，', ';', '；']) {
            let end = self.at.start + place;
            parts.push(from..end);
            from = end + mark.len();
        }
        let last = self.part(from, spot.at.start);
        let first = words(last).next().unwrap_or_default();
        if turns(last)
            || is_partial(last)
            || !lead::asserts(last)
            || is_of_others(before)
            || is_past(last)
            || act::is_bidden(last)
        {
            return true;
        }
        if lines::is_among(CONCLUDES, &first) {
            return false;
        }
        let is_open = words(last).any(|word| word == "that");
        parts.into_iter().any(|part| {
            let said = self.part(part.start, part.end);
            let mut opening = words(said);
            let subordinate = opening
                .next()
                .is_some_and(|word| lines::is_among(SUBORDINATES, &word));
            // What is said of a candidate is not said of the choice between them.
            let of_one = self
                .mentions
                .iter()
                .any(|other| part.contains(&other.at.start));
            is_partial(said) || (turns(said) && (is_open || !(subordinate || of_one)))
        })
    }
}
