//! Reading a rubric's own prompt, and how the reply to it is to be read.

mod choices;

use super::{Criterion, Prompt, ReplyForm, ReplyFormat, Scale, Syntax, Take, template};
use crate::fields::{Errors, Fields, pointer_to, short_text_problem};
use crate::json::Json;

use choices::choices;

const MAX_PROMPT: usize = 64 * 1024;
const MAX_STEPS: usize = 20;
const MAX_STEP: usize = 2000;
const MAX_CHOICES: usize = 50;
const MAX_CHOICE: usize = 256;
const MAX_PATTERN: usize = 4096;
/// Bytes that a compiled expression may take: far more than any that is written by hand.
pub const MAX_COMPILED_PATTERN: usize = 1024 * 1024;
const MAX_SCALE_WIDTH: (f64, f64) = (-1e9, 1e9);
/// The widest numeric scale that is taken as discrete, from its smallest to its largest value.
const MAX_DISCRETE_WIDTH: f64 = 20.0;

/// Whether the values of a numeric scale can be weighed by token probability: its ends are whole numbers and lie at
/// most 20 apart.
#[must_use]
pub fn is_discrete(min: f64, max: f64) -> bool {
    min.fract() == 0.0 && max.fract() == 0.0 && max - min <= MAX_DISCRETE_WIDTH
}

/// What a judge goes through before it scores.
pub(super) fn steps(value: &Json<'_>, pointer: &str, errors: &mut Errors) -> Vec<String> {
    let Json::Array(items) = value else {
        errors.add(
            pointer,
            format!("expected an array, found {}", value.kind()),
        );
        return Vec::new();
    };
    if items.is_empty() || items.len() > MAX_STEPS {
        errors.add(
            pointer,
            format!("must hold 1 to {MAX_STEPS} steps, holds {}", items.len()),
        );
        return Vec::new();
    }
    let mut steps = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("{pointer}/{index}");
        match item {
            Json::String(step) => {
                if let Some(problem) = short_text_problem(step, MAX_STEP) {
                    errors.add(&place, problem);
                }
                steps.push(step.clone().into());
            }
            other => errors.add(&place, format!("expected a string, found {}", other.kind())),
        }
    }
    steps
}

/// A judge prompt; its names are checked.
pub(super) fn prompt(value: &Json<'_>, pointer: &str, errors: &mut Errors) -> Option<Prompt> {
    let mut fields = Fields::of(value, pointer, errors)?;
    fields.require("user", errors);
    let system = fields.short_text("system", MAX_PROMPT, errors);
    let user = fields.short_text("user", MAX_PROMPT, errors);
    let syntax = match fields.text("syntax", errors).as_deref() {
        None | Some("jinja") => Syntax::Jinja,
        Some("format") => Syntax::Format,
        Some(_) => {
            errors.add(&fields.pointer("syntax"), "must be `jinja` or `format`");
            Syntax::Jinja
        }
    };
    fields.finish(errors);
    let prompt = Prompt {
        system: system.map(Into::into),
        user: user?.into(),
        syntax,
    };
    let problems = template::check(&prompt);
    if problems.is_empty() && !shows_a_candidate(&prompt) {
        errors.add(
            &pointer_to(pointer, "user"),
            "shows no candidate: it needs `output`, `trajectory`, `patch`, or both `output_a` and `output_b`",
        );
    }
    for (field, problem) in problems {
        errors.add(&pointer_to(pointer, field), problem);
    }
    Some(prompt)
}

/// Whether a judge gets to see what it judges.
fn shows_a_candidate(prompt: &Prompt) -> bool {
    let names = template::names(prompt);
    let shows = |name| names.contains(name);
    let one = shows("output") || shows("trajectory") || shows("patch");
    // One half of a pair would be judged against nothing.
    shows("output_a") == shows("output_b") && (one || shows("output_a"))
}

/// How the reply is read. `criteria` are the rubric's.
pub(super) fn reply(
    value: &Json<'_>,
    pointer: &str,
    criteria: &[Criterion],
    errors: &mut Errors,
) -> Option<ReplyForm> {
    let mut fields = Fields::of(value, pointer, errors)?;
    let name = fields.text("format", errors);
    let format = match name.as_deref().unwrap_or("json") {
        "json" => Some(ReplyFormat::Json),
        "number" => number(&mut fields, criteria, errors),
        "numbers" => numbers(&mut fields, criteria, errors),
        "choice" => choice(&mut fields, criteria, errors),
        "regex" => regex(&mut fields, criteria, errors),
        _ => {
            errors.add(
                &fields.pointer("format"),
                "must be `json`, `number`, `numbers`, `choice` or `regex`",
            );
            return None;
        }
    };
    let take = match fields.text("take", errors).as_deref() {
        None => None,
        Some("first") => Some(Take::First),
        Some("last") => Some(Take::Last),
        Some(_) => {
            errors.add(&fields.pointer("take"), "must be `first` or `last`");
            None
        }
    };
    let logprobs = fields.boolean("logprobs", errors).unwrap_or(false);
    let format = format?;
    let weighable = matches!(
        format,
        ReplyFormat::Number { .. } | ReplyFormat::Choice { .. }
    );
    if logprobs && !weighable {
        errors.add(
            &fields.pointer("logprobs"),
            "only `number` and `choice` can be weighed by token probability",
        );
    }
    if logprobs
        && let ReplyFormat::Number { min, max } = format
        && !is_discrete(min, max)
    {
        errors.add(
            &fields.pointer("logprobs"),
            format!("needs whole numbers at most {MAX_DISCRETE_WIDTH} apart as `min` and `max`"),
        );
    }
    fields.finish(errors);
    Some(ReplyForm {
        format,
        take,
        logprobs,
    })
}

fn number(
    fields: &mut Fields<'_, '_>,
    criteria: &[Criterion],
    errors: &mut Errors,
) -> Option<ReplyFormat> {
    let (low, high) = (
        fields.number("min", MAX_SCALE_WIDTH, errors),
        fields.number("max", MAX_SCALE_WIDTH, errors),
    );
    let criterion = the_one(fields, criteria, errors)?;
    let Scale::Numeric { min, max, .. } = criterion.scale else {
        errors.add(
            &fields.pointer("format"),
            format!("`{}` has no numeric scale", criterion.name),
        );
        return None;
    };
    let (min, max) = (low.unwrap_or(min), high.unwrap_or(max));
    if min >= max {
        errors.add(
            &fields.pointer("max"),
            format!("must be more than `min`, which is {min}"),
        );
    }
    Some(ReplyFormat::Number { min, max })
}

/// As many as there are criteria; or two for the two candidates of a comparison.
fn numbers(
    fields: &mut Fields<'_, '_>,
    criteria: &[Criterion],
    errors: &mut Errors,
) -> Option<ReplyFormat> {
    fields.require("count", errors);
    let count = usize::try_from(fields.integer("count", (1, 100), errors)?).ok()?;
    let fits = count == criteria.len() || (count == 2 && criteria.len() == 1);
    if !fits {
        errors.add(
            &fields.pointer("count"),
            format!(
                "must be {}, one for each criterion, or 2 for the candidates of a comparison by one criterion",
                criteria.len()
            ),
        );
    }
    // Of two candidates by one criterion the scores are only compared, whatever the criterion's scale.
    let compared = count == 2 && criteria.len() == 1;
    let other = criteria
        .iter()
        .find(|criterion| !matches!(criterion.scale, Scale::Numeric { .. }));
    if let Some(criterion) = other.filter(|_| fits && !compared) {
        errors.add(
            &fields.pointer("format"),
            format!("`{}` has no numeric scale", criterion.name),
        );
    }
    Some(ReplyFormat::Numbers { count })
}

fn choice(
    fields: &mut Fields<'_, '_>,
    criteria: &[Criterion],
    errors: &mut Errors,
) -> Option<ReplyFormat> {
    fields.require("choices", errors)?;
    let criterion = the_one(fields, criteria, errors)?;
    let choices = choices(fields, &[criterion], errors)?;
    Some(ReplyFormat::Choice { choices })
}

fn regex(
    fields: &mut Fields<'_, '_>,
    criteria: &[Criterion],
    errors: &mut Errors,
) -> Option<ReplyFormat> {
    fields.require("pattern", errors);
    let all: Vec<&Criterion> = criteria.iter().collect();
    let choices = choices(fields, &all, errors).unwrap_or_default();
    let pattern = fields.short_text("pattern", MAX_PATTERN, errors)?;
    let place = fields.pointer("pattern");
    let compiled = regex::RegexBuilder::new(&pattern)
        .size_limit(MAX_COMPILED_PATTERN)
        .build();
    let compiled = match compiled {
        Ok(compiled) => compiled,
        Err(problem) => {
            errors.add(&place, format!("cannot be compiled: {problem}"));
            return None;
        }
    };
    let groups: Vec<&str> = compiled.capture_names().flatten().collect();
    match groups.as_slice() {
        [] => errors.add(&place, "needs a named group, such as `(?P<score>[0-9]+)`"),
        [_] => {
            the_one(fields, criteria, errors);
        }
        several => {
            let missing = criteria
                .iter()
                .find(|criterion| group_of(criterion, criteria, several).is_none());
            if let Some(criterion) = missing {
                errors.add(
                    &place,
                    format!("has no group named like the criterion `{}`", criterion.name),
                );
            }
        }
    }
    Some(ReplyFormat::Regex {
        pattern: pattern.into(),
        choices,
    })
}

/// The group of a regular expression that has a criterion's name.
///
/// It has it exactly, else by its letters and digits, since a group's name holds hardly anything else, where that is
/// the name of one group and one criterion only.
#[must_use]
pub fn group_of<'g>(
    criterion: &Criterion,
    criteria: &[Criterion],
    groups: &[&'g str],
) -> Option<&'g str> {
    if let Some(exact) = groups.iter().find(|group| **group == criterion.name) {
        return Some(exact);
    }
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(|each| each.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(&criterion.name);
    let mut criteria = criteria.iter().filter(|each| plain(&each.name) == wanted);
    let mut groups = groups.iter().filter(|group| plain(group) == wanted);
    let is_only = !wanted.is_empty() && criteria.nth(1).is_none();
    match (groups.next(), groups.next()) {
        (Some(group), None) if is_only => Some(group),
        _ => None,
    }
}

/// The criterion that a reply with one value is about.
fn the_one<'c>(
    fields: &Fields<'_, '_>,
    criteria: &'c [Criterion],
    errors: &mut Errors,
) -> Option<&'c Criterion> {
    if let [one] = criteria {
        return Some(one);
    }
    errors.add(
        &fields.pointer("format"),
        format!(
            "gives one value, and the rubric has {} criteria",
            criteria.len()
        ),
    );
    None
}
