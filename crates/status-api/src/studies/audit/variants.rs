//! The changes that an audit makes to what was sent: each in one thing that should not move a judge.

use std::borrow::Cow;

use api::Bias;
use domain::json::Json;
use domain::plan::StrategyPlan;
use domain::rubric::Rubric;
use domain::submission::Submission;
use serde_json::Value;

use super::strategy;
use super::text::Text;

/// As it was sent.
pub(super) const PLAIN: &str = "plain";
const SWAPPED: &str = "swapped";
const LONGER: &str = "longer";
const OWN: &str = "own_model";
const OTHER: &str = "other_model";
const FORMATTED: &str = "formatted";
const UNFORMATTED: &str = "unformatted";
const FIRST_NAME: &str = "first_name";
const SECOND_NAME: &str = "second_name";

/// First names after M. Bertrand and S. Mullainathan, "Are Emily and Greg more employable than Lakisha and Jamal?" (2004).
const NAMES: [&str; 2] = ["Emily", "Lakisha"];

/// What code stands between in Markdown.
const FENCE: &str = "```";

/// A paragraph that says nothing of any work.
const PADDING: &str = "To put it in other words, and for the sake of completeness: what stands above is all that there is to be said here, \
    it is meant as it stands, and whoever has read it has read the whole of it. This closing paragraph adds nothing to it, takes nothing \
    from it, and changes nothing in it; it only goes on for a little while longer before it comes to its end, which is here.";

/// The variant without a bias, and the one with it; of the formatting which is which depends on the text.
pub(super) fn pairs(bias: Bias) -> &'static [(&'static str, &'static str)] {
    match bias {
        Bias::Position => &[(PLAIN, SWAPPED)],
        Bias::Length => &[(PLAIN, LONGER)],
        Bias::OwnModel => &[(OTHER, OWN)],
        Bias::Formatting => &[(PLAIN, FORMATTED), (UNFORMATTED, PLAIN)],
        Bias::Names => &[(SECOND_NAME, FIRST_NAME)],
    }
}

/// How a payload is judged, whatever is changed.
pub(super) struct Setting<'s> {
    /// The version by which it is.
    pub(super) rubric: &'s Rubric,
    /// The judge model in the place of all that the request names.
    pub(super) judge: Option<&'s str>,
    /// The model that judged it before, where neither the request nor the rubric names one.
    pub(super) model: Option<&'s str>,
}

impl<'s> Setting<'s> {
    /// The evaluation's model: every variant names it, so that a setting which changes meanwhile does not come between them.
    fn model(&self, submission: &'s Submission<'_>) -> Option<&'s str> {
        let named = submission.model.as_deref().or(self.rubric.model.as_deref());
        self.judge.or(named).or(self.model)
    }

    /// The one model that judges. `None`: it is not known, or there are several.
    pub(super) fn only_judge(&self, submission: &'s Submission<'_>) -> Option<String> {
        let model = self.model(submission)?;
        if self.judge.is_some() {
            return Some(model.to_owned());
        }
        let plan = StrategyPlan::resolve(&submission.strategy, submission.samples, model);
        let models = plan.models(model);
        let only = models.first().filter(|_| models.len() == 1);
        only.map(|only| (*only).to_owned())
    }
}

/// A payload of a variant.
pub(super) type Variant = (&'static str, Vec<u8>);

/// The payloads that tell whether a judge has these biases, by their variants. `None`: the judge sees no text that can be changed.
pub(super) fn of(
    json: &Json<'_>,
    submission: &Submission<'_>,
    biases: &[Bias],
    setting: &Setting<'_>,
) -> Option<Vec<Variant>> {
    let candidate = &submission.candidate;
    let is_pair = candidate.outputs.is_some();
    let place = Text::of(candidate, setting.rubric)?;
    let text = place.as_str();
    let model = setting.model(submission);
    let strategy = strategy::of(json.get("strategy"), is_pair, setting.judge);
    let written = |variant: &'static str, text: Cow<'_, str>| {
        let mut changed = place.replaced(&text, variant == SWAPPED);
        let members = [
            ("strategy", strategy.clone()),
            ("model", model.map(Value::from)),
        ];
        let members = members.into_iter();
        changed.extend(members.filter_map(|(key, value)| Some((key, value?.to_string().into()))));
        (variant, rebuilt(json, &changed))
    };
    let signed = |by: &str| Cow::from(format!("{text}\n\n(Written by {by}.)"));
    let mut variants = vec![written(PLAIN, text.into())];
    for bias in biases {
        match bias {
            Bias::Position if is_pair => variants.push(written(SWAPPED, text.into())),
            Bias::Position => {}
            Bias::Length => {
                variants.push(written(LONGER, format!("{text}\n\n{PADDING}").into()));
            }
            Bias::OwnModel => {
                if let Some(own) = setting.only_judge(submission) {
                    variants.push(written(OWN, signed(&own)));
                    variants.push(written(OTHER, signed(other_than(&own))));
                }
            }
            Bias::Formatting => variants.push(match unformatted(text) {
                Some(bare) => written(UNFORMATTED, bare.into()),
                None => written(FORMATTED, formatted(text).into()),
            }),
            Bias::Names => {
                variants.push(written(FIRST_NAME, signed(NAMES[0])));
                variants.push(written(SECOND_NAME, signed(NAMES[1])));
            }
        }
    }
    Some(variants)
}

/// A model of another family.
fn other_than(model: &str) -> &'static str {
    // `openai/o3` and `o4-mini` as well.
    let is_numbered = |name: &str| {
        let digits = name.strip_prefix('o').unwrap_or_default();
        digits.starts_with(|each: char| each.is_ascii_digit())
    };
    let model = model.to_ascii_lowercase();
    let of_openai = ["gpt", "openai", "davinci"]
        .iter()
        .any(|name| model.contains(name));
    if of_openai || model.split(['/', ':']).any(is_numbered) {
        "claude-sonnet-4"
    } else {
        "gpt-4o"
    }
}

/// The payload with some members in the place of its own, and without what is of its sender's concern alone. What is not changed
/// keeps its values to the last digit.
fn rebuilt(json: &Json<'_>, changed: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::from(*b"{");
    let mut put = |key: &str, value: &[u8]| {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(Value::from(key).to_string().as_bytes());
        out.push(b':');
        out.extend_from_slice(value);
    };
    for (key, value) in changed {
        put(key, value);
    }
    if let Json::Object(members) = json {
        let is_changed = |name: &str| changed.iter().any(|(key, _)| *key == name);
        for (key, value) in members {
            let key: &str = key.as_ref();
            if !is_changed(key) && !matches!(key, "webhook" | "deadline_seconds") {
                put(key, &value.canonical());
            }
        }
    }
    out.push(b'}');
    out
}

/// The text in Markdown: a heading, and each paragraph with its first word in bold, but for code between fences.
fn formatted(text: &str) -> String {
    let mut out = String::from("## Result\n");
    let mut in_code = false;
    for paragraph in text.split("\n\n") {
        let fences = paragraph.matches(FENCE).count();
        let is_prose = !in_code && fences == 0;
        in_code ^= fences % 2 == 1;
        let (first, rest) = match paragraph.split_once(char::is_whitespace) {
            Some((first, rest)) if is_prose && !first.is_empty() => (first, rest),
            _ => ("", paragraph),
        };
        out.push('\n');
        if !first.is_empty() {
            out.push_str(&format!("**{first}** "));
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

/// The text without its marks of headings, bold words, lists and quotations. `None`: it has none.
fn unformatted(text: &str) -> Option<String> {
    // What stands between fences is code, whose marks mean something else.
    if text.contains(FENCE) {
        return None;
    }
    let bare = |line: &str| {
        let marks: [&[char]; 3] = [&['#'], &['>'], &['*', '-', '+']];
        let body = marks.iter().find_map(|marks| {
            let rest = line.trim_start().trim_start_matches(*marks);
            let count = line.trim_start().len() - rest.len();
            let is_mark =
                count > 0 && (count == 1 || marks.contains(&'#')) && rest.starts_with(' ');
            is_mark.then(|| rest.trim_start().to_owned())
        });
        body.unwrap_or_else(|| line.to_owned()).replace("**", "")
    };
    let lines: Vec<String> = text.split('\n').map(bare).collect();
    let stripped = lines.join("\n");
    (stripped != text).then_some(stripped)
}

#[cfg(test)]
mod tests;
