//! The form `choice`: one of several texts in prose.
//!
//! A choice counts where it stands as an answer:
//! - in double brackets, anywhere but in a quotation (`[[A]]`); where there are such, nothing else counts;
//! - as a whole line (`**Output (a)**.`); one of several characters only as the first line or the last, one behind a
//!   noun (`[Assistant A]`) only as the last, since such lines are headings elsewhere;
//! - behind a label at the beginning of a line, before the end of a clause (`Verdict: B`, in the last line also
//!   `Answer: B`);
//! - at the very beginning of the reply before an explanation (`Yes, because …`), unless a list begins so;
//! - in the last sentence, where that says so in known words ([`sentence`]).
//!
//! Choices are taken as they are written, the longest first, never as part of a longer word; where none counts so,
//! in another case, when they have more than one character and differ in more than their case.

mod choices;

use std::collections::BTreeMap;
use std::ops::Range;

use domain::rubric::{Meaning, Take};

pub(super) use self::choices::{Choices, NOUNS};
use super::anew::Own;
use super::beginning::at_beginning;
use super::label;
use super::quoted::Quotations;
use super::section::{self, Section};
use super::standing::{
    Found, Placement, check_quoted, resolve, without_reread, without_superseded,
};
use super::unread::Read;
use super::{Match, brackets, claim, lines, loser, polarity, sentence, table};

/// Reads the choice, as the form has it.
pub(super) fn read(
    text: &str,
    part: Range<usize>,
    choices: &BTreeMap<String, Meaning>,
    (criterion, claims): (&str, bool),
    take: Option<Take>,
) -> Result<Match<Meaning>, String> {
    let mut all = found(
        text,
        part.clone(),
        &Choices::new(choices, criterion, claims, false),
    );
    if all
        .iter()
        .all(|each| each.standing == Placement::Incidental)
    {
        all.extend(found(
            text,
            part.clone(),
            &Choices::new(choices, criterion, claims, true),
        ));
    }
    let all = without_reread(all);
    let values = all.iter().map(|each| each.spot.at.start).collect();
    let forms = Choices::new(choices, criterion, claims, false);
    let spots: Vec<Match<Meaning>> = all.iter().map(|each| each.spot.clone()).collect();
    let answer = resolve(without_superseded(all), take, "choices")?;
    check_quoted(text, &spots, answer.as_ref())?;
    let read = Read {
        text,
        part,
        values,
        is_reason: false,
    };
    if let Some(spot) = answer.as_ref().filter(|_| take != Some(Take::First))
        && (read.is_relabelled(spot.at.start, |last| forms.labels(last))
            || read.is_bracketed_anew(spot.at.start)
            || forms.is_imitated(text, spot.at.end..read.part.end))
    {
        return Err("a choice further down cannot be read".to_owned());
    }
    if let Some(spot) = &answer {
        let own = Own::Choice {
            choices: &forms,
            chosen: &spot.what,
        };
        if own.is_taken_back(&read, spot.at.end) {
            return Err("a line further down takes its choice back".to_owned());
        }
        let is_answer = matches!(
            spot.what,
            Meaning::Truth(_) | Meaning::Number(_) | Meaning::Label(_)
        );
        let before = text.get(read.part.start..spot.at.start).unwrap_or_default();
        if is_answer && polarity::is_turned(before, criterion) {
            return Err("it answers a contrary question".to_owned());
        }
        if let Meaning::Truth(holds) = spot.what {
            let rest = text.get(spot.at.end..read.part.end).unwrap_or_default();
            if polarity::is_contrary(rest, criterion, holds) {
                return Err("it says the contrary of its choice".to_owned());
            }
        }
    }
    answer.ok_or_else(|| {
        let names: Vec<&str> = choices.keys().map(String::as_str).collect();
        format!("it gives none of these as its answer: {}", names.join(", "))
    })
}

/// Whether a text gives another choice than `chosen` behind a label, in double brackets or, of two candidates, in a sentence.
pub(super) fn is_claimed_otherwise(
    text: &str,
    part: Range<usize>,
    choices: &Choices<'_>,
    chosen: &Meaning,
) -> bool {
    let is_side = matches!(chosen, Meaning::Side(_));
    let mut found: Vec<Meaning> = bracketed(text, part.clone(), choices)
        .into_iter()
        .filter(|each| each.standing == Placement::Explicit)
        .map(|each| each.spot.what)
        .collect();
    for line in lines::said(text, part) {
        found.extend(in_line(text, &line, false, choices).map(|spot| spot.what));
        if is_side {
            let claims = claim::claims(text, line, false, choices);
            found.extend(claims.into_iter().map(|spot| spot.what));
        }
    }
    found.iter().any(|other| other != chosen)
}

fn found(text: &str, part: Range<usize>, choices: &Choices<'_>) -> Vec<Found<Meaning>> {
    let mut found = Vec::new();
    let mark = |spot| Placement::Explicit.of(spot);
    found.extend(bracketed(text, part.clone(), choices));
    let mut lines = lines::said(text, part.clone());
    if choices.claims {
        lines::unwrap_objects(text, &mut lines);
        let whole = |cell: Range<usize>| {
            let spot = choices.begin(text, cell.start, cell.end)?;
            lines::is_over(text.get(spot.at.end..cell.end)?).then(|| mark(cloned(spot)))
        };
        let cells = table::labelled(text, &lines, choices.labels(true));
        let cells =
            cells
                .into_iter()
                .chain(table::tagged(text, part.clone(), choices.labels(true)));
        found.extend(cells.filter_map(whole));
    }
    let quotations = Quotations::of(text, part);
    let is_unquoted = |spot: &Match<Meaning>| !quotations.lead_to(text, &spot.at);
    let labels = |last| choices.labels(last);
    let holds = |line: &Range<usize>| choices.begin(text, line.start, line.end).is_some();
    let sections = section::sections(text, &lines, labels, holds);
    let mut others = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        // In the first line a judge answers; further down that may be the solution of a task.
        let is_first = index == 0 && choices.claims && !choices.are_sides();
        let last = index + 1 == lines.len() || is_first;
        if let Some(spot) = in_line(text, line, last, choices).filter(is_unquoted) {
            let further = sentence::further(text, line.clone())
                .filter_map(|start| in_line(text, &(start..line.end), last, choices));
            let spots = further.filter(is_unquoted).map(mark);
            match sections.get(index) {
                Some(Section::Other) => others.extend(spots.chain([mark(spot)])),
                Some(Section::Elsewhere) => continue,
                _ => found.extend(spots.chain([mark(spot)])),
            }
        }
        let whole = whole_line(text, &lines, index, choices);
        match sections.get(index) {
            Some(Section::Other) => others.extend(whole),
            _ => found.extend(whole),
        }
    }
    found.extend(at_beginning(text, &lines, choices).map(|spot| Placement::Positional.of(spot)));
    if choices.claims {
        for (index, line) in lines.iter().enumerate() {
            let claims = claim::claims(text, line.clone(), index + 1 == lines.len(), choices);
            let claims = claims.into_iter().filter(is_unquoted).map(mark);
            match sections.get(index) {
                Some(Section::Other) => others.extend(claims),
                Some(Section::Elsewhere) => {}
                _ => found.extend(claims),
            }
        }
    } else if let Some(line) = lines.last() {
        // What is no claim is none for the first version either.
        let claims = claim::claims(text, line.clone(), true, choices);
        let is_claimed = |spot: &Match<Meaning>| claims.iter().any(|it| it.what == spot.what);
        let chosen = sentence::chosen(text, line.clone(), choices).filter(is_claimed);
        found.extend(chosen.filter(is_unquoted).map(mark));
    }
    if found
        .iter()
        .all(|each| each.standing == Placement::Incidental)
    {
        let is_one = others
            .windows(2)
            .all(|pair| matches!(pair, [one, other] if one.spot.what == other.spot.what));
        found.extend(others.into_iter().filter(|_| is_one));
    }
    found
}

pub(super) fn cloned(spot: Match<&Meaning>) -> Match<Meaning> {
    Match {
        what: spot.what.clone(),
        at: spot.at,
    }
}

/// Choices in double brackets, be these part of the choice or not.
fn bracketed(text: &str, part: Range<usize>, choices: &Choices<'_>) -> Vec<Found<Meaning>> {
    let spots = lines::bracketed(text, part.clone()).filter_map(|open| {
        let whole = choices.at(text, open - 2, part.end).filter(|spot| {
            text.get(spot.at.clone())
                .is_some_and(|it| it.ends_with("]]"))
        });
        let (spot, close) = match whole {
            Some(spot) => (spot.clone(), spot.at.end),
            None => {
                let spot = choices.begin(text, open, part.end)?;
                let behind = text.get(spot.at.end..part.end)?.trim_start();
                (spot, part.end - behind.strip_prefix("]]")?.len())
            }
        };
        if lines::is_bound(text, open, close) {
            return None;
        }
        let chosen = spot.what;
        let leaves = |to| !choices.is_left_open(text, chosen, close, to);
        let bracketed = brackets::Bracketed::of(text, cloned(spot), close, leaves);
        Some(bracketed.unless(loser::is_set_apart(text, chosen, open, close)))
    });
    brackets::standing(text, &part, choices.criterion, spots.collect())
}

/// The choice that is a whole line.
fn whole_line<'c>(
    text: &str,
    lines: &[Range<usize>],
    index: usize,
    choices: &Choices<'c>,
) -> Option<Found<Meaning>> {
    let whole = |line: &Range<usize>| -> Option<Match<&'c Meaning>> {
        let spot = choices.begin(text, line.start, line.end)?;
        lines::is_over(text.get(spot.at.end..line.end)?).then_some(spot)
    };
    let line = lines.get(index)?;
    let spot = whole(line)?;
    let before = text.get(line.start..spot.at.start)?;
    let named = before
        .chars()
        .any(|each| !lines::is_wrapper(each) && !each.is_whitespace());
    let single = text.get(spot.at.clone())?.chars().count() == 1;
    let last = index + 1 == lines.len();
    let above = index.checked_sub(1).and_then(|above| lines.get(above));
    let is_below_label = above.is_some_and(|above| {
        let words = text.get(above.clone()).unwrap_or_default();
        label::is_label(words, choices.labels(last)) || sentence::announces(text, above.clone())
    });
    if (named || !single) && !last && !is_below_label {
        // The headings of a comparison: another one of them is not the last line, which answers.
        let mut others = lines.iter().rev().skip(1).filter_map(whole);
        if named || index > 0 || others.any(|other| other.what != spot.what) {
            return None;
        }
    }
    Some(Placement::of_line(is_below_label, index == 0 || last).of(cloned(spot)))
}

/// The choice behind the label of a line.
fn in_line(
    text: &str,
    line: &Range<usize>,
    last: bool,
    choices: &Choices<'_>,
) -> Option<Match<Meaning>> {
    let words = text.get(line.clone())?;
    let behind = label::behind(words, choices.labels(last))?;
    let spot = choices.begin(text, line.start + behind, line.end)?;
    let closed = lines::closed(text, spot.at.end, line.end);
    let is_whole = lines::is_clause_over(text.get(closed..line.end)?)
        && !choices.is_left_open(text, spot.what, closed, line.end);
    is_whole.then(|| cloned(spot))
}
