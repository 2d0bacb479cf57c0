//! Verdicts further down than the one that is read, and whose own value cannot be read: `Score: 2`, and then `Score: N/A`
//! or `Rating: X`. Which value the judge means is not known then, so an earlier one is no answer.

use std::collections::BTreeSet;
use std::ops::Range;

use super::label::{self, Kind};
use super::quoted::Quotations;
use super::section::{self, Section};
use super::{lines, sentence};

/// The longest text behind ` is ` that may be a value, in bytes; a longer one is a sentence.
const LONGEST_VALUE: usize = 16;

/// What is read of a reply.
pub(super) struct Read<'t> {
    pub(super) text: &'t str,
    pub(super) part: Range<usize>,
    /// Where each value that is read begins, in bytes.
    pub(super) values: Vec<usize>,
    /// Whether the text is a reason, which may say of what is judged that it is an example.
    pub(super) is_reason: bool,
}

impl Read<'_> {
    /// Whether a verdict that cannot be read stands behind a value, with the label of one that is read.
    pub(super) fn is_relabelled<'n>(&self, from: usize, kind: impl Fn(bool) -> Kind<'n>) -> bool {
        let said = lines::said(self.text, self.part.clone());
        let quotations = Quotations::of(self.text, self.part.clone());
        let holds = |line: &Range<usize>| self.values.iter().any(|at| line.contains(at));
        // `The score is lowered, since …`
        let is_sentence = |at: &Range<usize>, behind: usize| {
            let name = self.text.get(at.start..at.start + behind);
            // `The answer is accurate.`
            let value = self.text.get(at.start + behind..at.end).unwrap_or_default();
            let is_finding = |name: &str| {
                label::names_alone(name).is_none()
                    && matches!(kind(false), Kind::Score { .. })
                    && !value.contains(char::is_numeric)
            };
            name.filter(|name| label::is_sentence(name))
                .is_some_and(|name| is_finding(name) || value.len() > LONGEST_VALUE)
        };
        let mut read = BTreeSet::new();
        let mut unread = Vec::new();
        let sections = section::sections(self.text, &said, &kind, holds);
        for (index, line) in said.iter().enumerate() {
            let kind = kind(index + 1 == said.len());
            let words = self.text.get(line.clone()).unwrap_or_default();
            for start in sentence::further(self.text, line.clone()) {
                let sentence = start..line.end;
                let behind = self
                    .text
                    .get(sentence.clone())
                    .and_then(|said| label::behind(said, kind));
                let is_read = || self.values.iter().any(|at| sentence.contains(at));
                if let Some(behind) = behind
                    && start > from
                    && !is_read()
                    && !is_sentence(&sentence, behind)
                    && !quotations.lead_to(self.text, &(start + behind..line.end))
                {
                    unread.push(self.text.get(start..start + behind).unwrap_or_default());
                }
            }
            // What stands behind a label may be named like the criterion: `GRADE: CORRECT`.
            let name = label::behind(words, kind)
                .and_then(|behind| words.split_at_checked(behind))
                .filter(|(_, value)| value.contains(char::is_alphanumeric));
            let (name, is_bare) = if let Some((name, _)) = name {
                (name, false)
            } else if label::is_label(words, kind) {
                (words, true)
            } else {
                if line.start > from && label::is_spaced(words) && !holds(line) {
                    return true;
                }
                continue;
            };
            let is_below = is_bare && said.get(index + 1).is_some_and(holds);
            if holds(line) || is_below {
                read.insert(label::core(name));
                continue;
            }
            let value = line.start + name.len()..line.end;
            let is_marked = !is_bare || name.contains([':', '：', '=']);
            if line.start > from
                && sections.get(index) != Some(&Section::Other)
                && is_marked
                && !is_sentence(line, name.len())
                && !quotations.lead_to(self.text, &value)
            {
                unread.push(name);
            }
        }
        // Behind a value without a label, and behind one with another, a word that names nothing else takes it back too.
        let is_decided = |name: &str| {
            label::names_alone(name).is_some_and(|is_score| {
                is_score == matches!(kind(false), Kind::Score { .. } | Kind::Row)
            })
        };
        unread
            .into_iter()
            .any(|name| read.contains(&label::core(name)) || is_decided(name))
    }

    /// Whether one of `leads`, in small letters, which stand before a pattern's values, stands behind a value and before
    /// none.
    pub(super) fn is_led_to_anew(&self, from: usize, leads: &BTreeSet<String>) -> bool {
        let quotations = Quotations::of(self.text, self.part.clone());
        let lines = lines::said(self.text, self.part.clone());
        lines.into_iter().any(|line| {
            let is_read = || self.values.iter().any(|at| line.contains(at));
            let said = self
                .text
                .get(line.clone())
                .unwrap_or_default()
                .to_lowercase();
            let begins = leads.iter().any(|lead| {
                let bare = said.trim_start_matches(|each: char| !each.is_alphanumeric());
                // Other words may begin any sentence.
                let is_label =
                    lead.ends_with([':', '：', '=']) && lead.contains(char::is_alphabetic);
                is_label && bare.starts_with(lead)
            });
            begins && line.start > from && !is_read() && !quotations.lead_to(self.text, &line)
        })
    }

    /// Whether double brackets whose value cannot be read stand behind a value that stands in such.
    pub(super) fn is_bracketed_anew(&self, from: usize) -> bool {
        let before = self.text.get(..from).unwrap_or_default();
        let said = self.text.get(from..).unwrap_or_default();
        let opening = before.get(before.trim_end_matches(lines::is_gap).len()..);
        let is_bracketed =
            opening.is_some_and(|opening| opening.contains("[[")) || said.starts_with("[[");
        lines::bracketed(self.text, self.part.clone()).any(|open| {
            let inside = self.text.get(open..self.part.end).unwrap_or_default();
            let near = inside
                .get(..inside.floor_char_boundary(LONGEST_VALUE))
                .unwrap_or_default();
            near.find("]]").is_some_and(|end| {
                let at = open.saturating_sub("[[".len())..open + end;
                // Behind a value without brackets those of one letter are a verdict, too.
                let is_letter = near.get(..end).is_some_and(|said| {
                    let mut all = said.trim().chars();
                    all.next().is_some_and(char::is_alphabetic) && all.next().is_none()
                });
                (is_bracketed || is_letter)
                    && open > from + "[[".len()
                    && !near
                        .get(..end)
                        .is_some_and(|said| said.contains(['[', ',']))
                    && !self.values.iter().any(|value| at.contains(value))
            })
        })
    }
}

/// Whether the reply, or one of its labels, says that there is no score.
pub(super) fn is_declined(text: &str, part: Range<usize>) -> bool {
    lines::lines(text, part).any(|line| {
        let words = text.get(line).unwrap_or_default();
        let at = label::behind(
            words,
            Kind::Score {
                criterion: "",
                answers: false,
            },
        )
        .unwrap_or(0);
        let said = words.get(at..).unwrap_or_default();
        let said = said.trim_start_matches(|each: char| lines::is_wrapper(each) || each == ' ');
        said.get(..3)
            .is_some_and(|it| it.eq_ignore_ascii_case("n/a"))
    })
}
