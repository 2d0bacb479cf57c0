//! Recorded replies as evaluations: a plan, a submission, and the replies under the names of their steps.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail};
use domain::assessment::Assessment;
use domain::fields::{Errors, FieldError};
use domain::json::Json;
use domain::plan::{Plan, ReaderVersion, StrategyPlan};
use domain::rubric::{self, Rubric};
use domain::submission;
use judging::reading::Form;
use judging::{Answer, Next, Replies, Reply, StepKey, Token, Usage};
use serde_json::{Value, json};

use crate::records::Call;

/// What stands for a text that was not recorded: the prompt was sent already, and nobody reads it.
const NOT_RECORDED: &str = "(not recorded)";

/// Reads a rubric as the API does.
pub(crate) fn rubric(written: &Value, comparison: bool) -> Result<Rubric> {
    let mut written = written.clone();
    if let Some(fields) = written.as_object_mut()
        && fields.contains_key("reply")
        && !fields.contains_key("prompt")
    {
        let shown = if comparison {
            "{{ output_a }}\n{{ output_b }}"
        } else {
            "{% if output %}{{ output }}{% endif %}{% if trajectory %}{{ trajectory }}{% endif %}"
        };
        fields.insert("prompt".to_owned(), json!({ "user": shown }));
    }
    let text = written.to_string();
    let json = Json::parse(text.as_bytes()).map_err(|error| anyhow!("a rubric: {error}"))?;
    let mut errors = Errors::default();
    let rubric = rubric::parse(&json, "", &mut errors);
    match rubric {
        Some(rubric) if errors.is_empty() => Ok(rubric),
        _ => bail!("a rubric: {}", sentences(&errors.into_vec())),
    }
}

fn sentences(errors: &[FieldError]) -> String {
    let each = |error: &FieldError| format!("{} {}", error.pointer, error.message);
    errors.iter().map(each).collect::<Vec<_>>().join("; ")
}

/// What was shown to the judge of a call, as a payload.
pub(crate) fn payload(call: &Call, comparison: bool, strategy: Option<Value>) -> String {
    let text = |id: Option<&&str>| {
        let candidate = id.and_then(|id| call.candidate(id))?;
        candidate
            .get("text")?
            .as_str()
            .filter(|text| !text.is_empty())
    };
    let shown = call.shown();
    let mut payload = json!({});
    if comparison {
        let output = |index: usize| {
            let id = shown.get(index).copied().unwrap_or_default();
            let id = if id.is_empty() {
                format!("{index}")
            } else {
                id.to_owned()
            };
            json!({"id": id, "text": text(shown.get(index)).unwrap_or(NOT_RECORDED)})
        };
        payload["outputs"] = json!([output(0), output(1)]);
    } else {
        let messages = shown
            .first()
            .and_then(|id| call.candidate(id))
            .and_then(|candidate| candidate.get("messages"));
        match messages {
            Some(messages) => payload["trajectory"] = messages.clone(),
            None => payload["output"] = json!(text(shown.first()).unwrap_or(NOT_RECORDED)),
        }
    }
    if let Some(strategy) = strategy {
        payload["strategy"] = strategy;
    }
    payload.to_string()
}

/// A reply of a call, as a provider would have brought it.
pub(crate) fn reply(call: &Call, sample: usize, text: &str) -> Reply {
    let finish = call
        .at("finish_reasons")
        .and_then(|reasons| reasons.get(sample))
        .and_then(Value::as_str);
    Reply {
        answer: Answer::Text {
            text: text.to_owned(),
            cut_off: finish == Some("length"),
        },
        provider: "recorded".to_owned(),
        model: call.text("judge").unwrap_or_default(),
        usage: Usage::default(),
        service_tier: None,
        logprobs: tokens(call, text),
    }
}

/// The tokens of a reply. Records hold the likeliest ones at each place, and not which one was drawn: that is the longest one
/// with which the rest of the text begins.
fn tokens(call: &Call, text: &str) -> Option<Vec<Token>> {
    let places = call.at("top_logprobs")?.as_array()?;
    let only = places.len() == 1;
    let mut rest = text;
    let mut tokens = Vec::with_capacity(places.len());
    for place in places {
        let alternatives: Vec<(String, f64)> = place
            .as_array()?
            .iter()
            .filter_map(|each| {
                let token = each.get("token")?.as_str()?.to_owned();
                Some((token, each.get("logprob")?.as_f64()?))
            })
            .collect();
        let drawn = alternatives
            .iter()
            .map(|(token, _)| token.as_str())
            .filter(|token| rest.starts_with(token))
            .max_by_key(|token| token.len());
        let drawn = if only { rest } else { drawn? }.to_owned();
        rest = rest.get(drawn.len()..)?;
        tokens.push(Token {
            text: drawn,
            alternatives,
        });
    }
    Some(tokens)
}

/// Judges a payload by replies that are there. A reply that was not recorded, such as that to a repair, is empty: the evaluation
/// then is unscorable, as it would be with a judge that says nothing more.
pub(crate) fn judge(
    rubric: &Rubric,
    payload: &str,
    samples: u32,
    mut recorded: BTreeMap<String, Reply>,
) -> Result<Assessment> {
    let json = Json::parse(payload.as_bytes()).map_err(|error| anyhow!("a payload: {error}"))?;
    let submission = submission::parse_accepted(&json)
        .map_err(|errors| anyhow!("a payload: {}", sentences(&errors)))?;
    let strategy = StrategyPlan::resolve(&submission.strategy, samples, "recorded");
    let plan = Plan {
        version: Plan::VERSION,
        prompt_version: judging::prompt_version(&strategy, &submission, rubric),
        strategy,
        reader: ReaderVersion::CURRENT,
        rubric_label: "inline".to_owned(),
        rubric: rubric.clone(),
        model: "recorded".to_owned(),
        temperature: None,
        nonce: "0123456789abcdef0123456789abcdef".to_owned(),
        seed: 0,
        routes: BTreeMap::new(),
    };
    let mut replies = Replies::new();
    loop {
        match judging::next(&plan, &submission, &replies) {
            Next::Done(assessment) => return Ok(*assessment),
            Next::Calls(calls) => {
                for call in calls {
                    let reply = recorded.remove(&call.step.0).unwrap_or_else(|| Reply {
                        answer: Answer::Text {
                            text: String::new(),
                            cut_off: false,
                        },
                        provider: "recorded".to_owned(),
                        model: call.model,
                        usage: Usage::default(),
                        service_tier: None,
                        logprobs: None,
                    });
                    replies.insert(StepKey(call.step.0), reply);
                }
            }
        }
    }
}

/// A verdict of one judge, whose name is its step's: the samples of one request.
pub(crate) fn alone(rubric: &Rubric, call: &Call, comparison: bool) -> Result<Assessment> {
    let mut recorded = BTreeMap::new();
    for (sample, text) in call.replies().into_iter().enumerate() {
        let step = match sample {
            0 => "judge".to_owned(),
            sample => format!("judge/{}", sample + 1),
        };
        recorded.insert(step, reply(call, sample, text));
    }
    let samples = u32::try_from(recorded.len().max(1))?;
    let strategy = comparison.then(|| json!({"kind": "direct", "swap": false}));
    judge(
        rubric,
        &payload(call, comparison, strategy),
        samples,
        recorded,
    )
}

/// Why the first reply of a call is not read: what its repair would be asked with.
pub(crate) fn why_unread(rubric: &Rubric, call: &Call, comparison: bool) -> Option<String> {
    let text = *call.replies().first()?;
    let form = match &rubric.reply {
        Some(form) => Form::Custom { form, comparison },
        None if comparison => Form::Comparison,
        None => Form::Direct,
    };
    let problem = judging::reading::read(rubric, form, text, tokens(call, text).as_deref()).err();
    // It can be read by itself, and not as the reply to this call.
    let whole = || "it was cut off, or its verdict is quoted from the material".to_owned();
    Some(problem.unwrap_or_else(whole))
}

/// The weighted mean of votes by the strategy of a jury, each juror's vote being read already: the share for the candidate
/// shown first. `None` where the jury comes to no verdict.
pub(crate) fn jury(votes: &[(f64, f64)]) -> Result<Option<f64>> {
    let choices = json!({"first": "first", "second": "second", "tie": "tie"});
    let written = json!({
        "criteria": [{"name": "better"}],
        "reply": {"format": "choice", "choices": choices}
    });
    let debaters: Vec<Value> = votes
        .iter()
        .map(|(_, weight)| json!({"model": "recorded", "weight": weight}))
        .collect();
    let strategy = json!({"kind": "debate", "debaters": debaters, "rounds": 0, "verdict": "mean", "swap": false});
    let replies = votes.iter().enumerate().map(|(index, (vote, _))| {
        let side = match vote.partial_cmp(&0.5) {
            Some(std::cmp::Ordering::Greater) => "first",
            Some(std::cmp::Ordering::Less) => "second",
            _ => "tie",
        };
        (format!("opening/{}", index + 1), said(side))
    });
    let payload = json!({
        "outputs": [{"id": "a", "text": NOT_RECORDED}, {"id": "b", "text": NOT_RECORDED}],
        "strategy": strategy,
    });
    let assessment = judge(
        &rubric(&written, true)?,
        &payload.to_string(),
        1,
        replies.collect(),
    )?;
    Ok(assessment
        .preference
        .map(|preference| preference.probability_first))
}

fn said(text: &str) -> Reply {
    Reply {
        answer: Answer::Text {
            text: text.to_owned(),
            cut_off: false,
        },
        provider: "recorded".to_owned(),
        model: "recorded".to_owned(),
        usage: Usage::default(),
        service_tier: None,
        logprobs: None,
    }
}

/// A debate by our strategy, from recorded turns by round and place: each turn that was read, with its vote for the candidate
/// shown first.
pub(crate) fn debate(
    rubric: &Rubric,
    call: &Call,
    debaters: usize,
    rounds: u32,
    turns: BTreeMap<(u32, usize), Reply>,
) -> Result<Vec<(u32, usize, f64)>> {
    let named = |place: usize| format!("debater-{place}");
    let models: Vec<String> = (1..=debaters).map(named).collect();
    let strategy = json!({
        "kind": "debate", "models": models, "rounds": rounds.max(1), "verdict": "majority", "swap": false,
    });
    let recorded = turns.into_iter().map(|((round, place), reply)| {
        let part = match round {
            0 => "opening".to_owned(),
            round => format!("round-{round}"),
        };
        let reply = Reply {
            model: named(place),
            ..reply
        };
        (format!("{part}/{place}"), reply)
    });
    let payload = payload(call, true, Some(strategy));
    let assessment = judge(rubric, &payload, 1, recorded.collect())?;
    let turns = assessment.judges.into_iter().filter_map(|word| {
        let place = models.iter().position(|model| *model == word.model)? + 1;
        Some((word.round, place, word.preference?.vote()))
    });
    Ok(turns.collect())
}
