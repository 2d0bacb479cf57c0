//! Reading a recorded reply by itself, without an evaluation: to replay replies and to try a reply form out.

use domain::assessment::CriterionScore;
use domain::plan::ReaderVersion;
use domain::rubric::{ReplyForm, Rubric};

use crate::call::Token;
use crate::position::{CriterionMark, MarkValue};
use crate::reply::{self, Values, Verdict};

/// The form of a reply.
#[derive(Debug, Clone, Copy)]
pub enum Form<'f> {
    /// To our own prompt for a single candidate.
    Direct,
    /// To our own prompt for a comparison.
    Comparison,
    /// To a rubric's own prompt.
    Custom {
        /// How the rubric says that it is to be read.
        form: &'f ReplyForm,
        /// Whether it compares two candidates.
        comparison: bool,
    },
}

/// What a reply says.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Each criterion, in the rubric's order; in a comparison the vote for the candidate that was shown first.
    /// Quotations are left out: there is no candidate here to look them up in.
    pub criteria: Vec<CriterionScore>,
    /// On the whole; may be empty.
    pub summary: String,
    /// The texts that give the verdict, where they were taken out of a reply that holds other things as well.
    pub taken_from: Vec<String>,
    /// The argument that a debater says changed its mind.
    pub moved_by: Option<String>,
    /// Whether a moderator finds that the debate came to a verdict; `None` where it does not say.
    pub consensus: Option<bool>,
}

/// Reads a reply as evaluations that begin today are read.
///
/// # Errors
/// As [`read_as`].
pub fn read(
    rubric: &Rubric,
    form: Form<'_>,
    text: &str,
    tokens: Option<&[Token]>,
) -> Result<Reading, String> {
    read_as(ReaderVersion::CURRENT, rubric, form, text, tokens)
}

/// Reads a reply by the rules of a version of the reader.
///
/// With the tokens of its text the values on discrete scales are weighed by their probabilities, where that can be
/// done ([`CriterionScore::weighed`]); a reply of one token to a rubric's own prompt then needs not be one of the
/// values itself.
///
/// # Errors
/// One sentence: why the reply is not read.
pub fn read_as(
    reader: ReaderVersion,
    rubric: &Rubric,
    form: Form<'_>,
    text: &str,
    tokens: Option<&[Token]>,
) -> Result<Reading, String> {
    let verdict = match form {
        Form::Direct => reply::direct(rubric, reader, None, text),
        Form::Comparison => reply::comparison(rubric, reader, text),
        Form::Custom { form, comparison } => {
            reply::read_custom(rubric, reader, form, comparison, text, tokens)
        }
    }?;
    let Verdict {
        criteria,
        summary,
        taken_from,
        moved_by,
        consensus,
    } = verdict;
    let criteria = rubric
        .criteria
        .iter()
        .zip(criteria)
        .map(|(criterion, said)| {
            let values = match form {
                Form::Direct => Values::of_scale(&criterion.scale),
                Form::Comparison => Some(Values::of_sides()),
                Form::Custom { form, comparison } => Values::of_form(criterion, form, comparison),
            };
            let mark = CriterionMark {
                value: said.grade.map(|grade| {
                    let at = grade.at.as_ref();
                    let weighed = at.and_then(|at| values?.logprob_expectation(text, at, tokens?));
                    MarkValue::of(grade, weighed)
                }),
                rationale: said.rationale,
                evidence: Vec::new(),
                failure_step: None,
            };
            mark.into_score(criterion)
        });
    Ok(Reading {
        criteria: criteria.collect(),
        summary,
        taken_from,
        moved_by,
        consensus,
    })
}

/// Reads the evaluation steps that a model made for a rubric.
///
/// # Errors
/// One sentence: what is wrong with them.
pub fn read_steps(text: &str) -> Result<Vec<String>, String> {
    reply::steps(ReaderVersion::CURRENT, text)
}
