//! Every reply of a set, read.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use anyhow::Result;
use domain::rubric::Rubric;
use serde_json::Value;

use crate::judge;
use crate::manifest::Manifest;
use crate::records::{Call, Set};
use crate::said::{self, PlainRule, Said, Source, Values};

/// What a call says, by whom it was read.
pub(crate) struct Reading<'s> {
    pub(crate) call: &'s Call,
    /// The names of the criteria.
    pub(crate) criteria: Vec<String>,
    ours: Option<Values>,
    recorded: Option<Values>,
    rule: Option<Values>,
    /// Whether a reply was left unread here, or is read otherwise than by the source.
    pub(crate) is_odd: bool,
}

impl Reading<'_> {
    pub(crate) fn by(&self, source: Source) -> Option<&Values> {
        match source {
            Source::Ours => self.ours.as_ref(),
            Source::Recorded => self.recorded.as_ref(),
            Source::Rule => self.rule.as_ref(),
        }
    }

    /// The first criterion's value: the score, or the vote for the candidate shown first.
    pub(crate) fn number(&self, source: Source) -> Option<f64> {
        self.by(source)?.first()?.as_ref().map(|said| said.number)
    }

    /// A criterion's value by its name.
    pub(crate) fn said(&self, source: Source, criterion: &str) -> Option<&Said> {
        let index = self.criteria.iter().position(|name| name == criterion)?;
        self.by(source)?.get(index)?.as_ref()
    }
}

/// How the replies to a kind of call, by one judge, were read.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The judge.
    pub judge: String,
    /// The kind of call, by its number in the manifest.
    pub kind: usize,
    /// Calls that brought a reply.
    pub replies: usize,
    /// Of them, those that were read.
    pub read: usize,
    /// Of those, how many the source read as well.
    pub compared: usize,
    /// And how many of those otherwise.
    pub differing: usize,
}

/// A reply that was left unread, or read otherwise than by the source.
#[derive(Debug, Clone, PartialEq)]
pub struct OddReply {
    /// The call's id.
    pub call: String,
    /// What we read; `None` is nothing.
    pub ours: Option<String>,
    /// What the source read.
    pub recorded: Option<String>,
    /// Why it was left unread.
    pub detail: Option<String>,
}

/// What is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    All,
    /// Only what needs no reading of ours: whether the published figures come of the sources' own readings.
    Published,
}

/// The readings of all calls that ask for a verdict.
pub(crate) struct Readings<'s> {
    pub(crate) all: Vec<Reading<'s>>,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) odd: Vec<OddReply>,
}

/// A form in which a reply may be.
struct Form {
    rubric: Rubric,
    comparison: bool,
    /// Whether it scores each of two candidates that are compared.
    scores_both: bool,
}

impl Form {
    fn of(written: &Value, comparison: bool) -> Result<Self> {
        let criteria = written
            .get("criteria")
            .and_then(Value::as_array)
            .map(Vec::len);
        let format = written.pointer("/reply/format").and_then(Value::as_str);
        let scores_both = comparison && criteria == Some(2) && format == Some("numbers");
        let comparison = comparison && !scores_both;
        Ok(Self {
            rubric: judge::rubric(written, comparison)?,
            comparison,
            scores_both,
        })
    }

    fn read(&self, call: &Call) -> Result<Option<Values>> {
        let assessment = judge::alone(&self.rubric, call, self.comparison)?;
        let values = said::of_assessment(&assessment);
        if !self.scores_both {
            return Ok(values);
        }
        let vote = values.and_then(|values| {
            let [Some(first), Some(second)] = values.as_slice() else {
                return None;
            };
            Some(match first.number.partial_cmp(&second.number)? {
                Ordering::Greater => 1.0,
                Ordering::Less => 0.0,
                Ordering::Equal => 0.5,
            })
        });
        Ok(vote.map(|number| {
            vec![Some(Said {
                number,
                label: None,
            })]
        }))
    }
}

pub(crate) fn read_all<'s>(
    set: &'s Set,
    manifest: &Manifest,
    extent: Extent,
) -> Result<Readings<'s>> {
    let mut kinds = Vec::new();
    for judge in &manifest.judges {
        let rubrics = [&judge.rubric].into_iter().chain(&judge.otherwise);
        let rubrics: Result<Vec<_>> = rubrics
            .map(|written| Form::of(written, judge.comparison))
            .collect();
        kinds.push((judge, rubrics?, PlainRule::of(judge)?));
    }
    let (mut all, mut odd) = (Vec::new(), Vec::new());
    let mut tallies: BTreeMap<(usize, String), Tally> = BTreeMap::new();
    for call in &set.calls {
        let fitting = kinds
            .iter()
            .enumerate()
            .find(|(_, kind)| call.fits(&kind.0.filter));
        let Some((kind, (judge, forms, rule))) = fitting else {
            continue;
        };
        let name = call.text("judge").unwrap_or_default();
        let recorded = judge
            .recorded
            .as_ref()
            .and_then(|how| said::recorded(call, how));
        let replies = call.replies();
        let unasked = judge.unasked.map(|number| {
            vec![Some(Said {
                number,
                label: None,
            })]
        });
        let (mut ours, mut detail, mut is_odd) = (None, None, false);
        if replies.is_empty() {
            ours.clone_from(&unasked);
        } else if extent == Extent::All {
            for form in forms {
                ours = form.read(call)?;
                if ours.is_some() {
                    break;
                }
                detail = detail.or_else(|| judge::why_unread(&form.rubric, call, form.comparison));
            }
            let tally = tallies.entry((kind, name.clone())).or_insert(Tally {
                judge: name,
                kind,
                replies: 0,
                read: 0,
                compared: 0,
                differing: 0,
            });
            tally.replies += 1;
            tally.read += usize::from(ours.is_some());
            let mut differs = false;
            if let (Some(how), Some(ours), Some(theirs)) = (&judge.recorded, &ours, &recorded) {
                differs = !said::agree(ours, theirs, how.within);
                tally.compared += 1;
                tally.differing += usize::from(differs);
            }
            let is_beyond = judge.recorded.is_some() && recorded.is_none() && ours.is_some();
            is_odd = differs || is_beyond || ours.is_none();
            if differs || ours.is_none() {
                odd.push(OddReply {
                    call: call.text("call_id").unwrap_or_default(),
                    ours: ours.as_ref().map(said::in_words),
                    recorded: recorded.as_ref().map(said::in_words),
                    detail: detail.filter(|_| ours.is_none()),
                });
            }
        }
        let by_rule = match (rule, replies.first()) {
            (Some(rule), Some(reply)) => rule.read(call, reply),
            (Some(_), None) => unasked,
            (None, _) => None,
        };
        let criteria = forms.first().map(|form| {
            let names = form.rubric.criteria.iter().map(|each| each.name.clone());
            names.collect()
        });
        all.push(Reading {
            call,
            criteria: criteria.unwrap_or_default(),
            ours,
            recorded,
            rule: by_rule,
            is_odd,
        });
    }
    Ok(Readings {
        all,
        tallies: tallies.into_values().collect(),
        odd,
    })
}
