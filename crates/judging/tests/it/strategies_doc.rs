//! The transcripts of `docs/strategies.md`: the replies shown there are read to the results shown there.

use domain::fields::Errors;
use domain::json::Json;
use domain::plan::{Plan, StrategyPlan};
use domain::rubric::{Rubric, RubricChoice};
use domain::{rubric, submission};
use judging::{Reply, Token};
use serde_json::Value;

use crate::fixture::{ONE, judge_by, plan, reply, text};

const DOC: &str = include_str!("../../../../docs/strategies.md");

fn read_rubric(text: &str) -> Rubric {
    let json = Json::parse(text.as_bytes()).unwrap();
    rubric::parse(&json, "", &mut Errors::default()).unwrap()
}

/// The assessment of a transcript's request by its replies, all of which have to be asked for.
fn assessed(transcript: &Value, median: &Rubric) -> Value {
    let request = transcript["request"].to_string();
    let json = Json::parse(request.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let rubric = match &submission.rubric {
        Some(RubricChoice::Inline(rubric)) => (**rubric).clone(),
        _ => median.clone(),
    };
    let model = "gpt-4o".to_owned();
    let strategy = StrategyPlan::resolve(&submission.strategy, submission.samples, &model);
    let planned = Plan {
        prompt_version: judging::prompt_version(&strategy, &submission, &rubric),
        strategy,
        rubric,
        model,
        ..plan(ONE)
    };
    let replies = transcript["replies"].as_object().unwrap();
    let (calls, assessment) = judge_by(&planned, &request, |call| {
        let said = replies.get(&call.step.0);
        let said = match said.unwrap_or_else(|| panic!("{} is asked: {request}", call.step)) {
            Value::String(said) => said.clone(),
            json => json.to_string(),
        };
        let alternatives = transcript.get("alternatives");
        Reply {
            model: call.model.clone(),
            logprobs: alternatives.map(|alternatives| tokens(&said, alternatives)),
            ..reply(text(&said))
        }
    });
    assert_eq!(
        calls.len(),
        replies.len(),
        "each reply is asked for: {request}"
    );
    serde_json::to_value(assessment).unwrap()
}

/// Each character as a token, certain but for those that have alternatives.
fn tokens(said: &str, alternatives: &Value) -> Vec<Token> {
    let token = |character: char| {
        let text = character.to_string();
        let certain = vec![(text.clone(), 0.0)];
        let shares = alternatives[&text].as_object().map(|shares| {
            let share =
                |(text, share): (&String, &Value)| (text.clone(), share.as_f64().unwrap().ln());
            shares.iter().map(share).collect()
        });
        let alternatives = shares.unwrap_or(certain);
        Token { text, alternatives }
    };
    said.chars().map(token).collect()
}

/// Whether everything that is shown is so; what is left out of an object may be anything.
fn is_so(shown: &Value, whole: &Value, path: &str) -> Result<(), String> {
    match (shown, whole) {
        (Value::Object(shown), Value::Object(whole)) => {
            shown.iter().try_for_each(|(key, shown)| {
                is_so(
                    shown,
                    whole.get(key).unwrap_or(&Value::Null),
                    &format!("{path}/{key}"),
                )
            })
        }
        (Value::Array(some), Value::Array(all)) if some.len() == all.len() => some
            .iter()
            .zip(all)
            .enumerate()
            .try_for_each(|(index, (shown, whole))| {
                is_so(shown, whole, &format!("{path}/{index}"))
            }),
        (Value::Number(shown), Value::Number(whole)) => {
            // Shown to three places.
            let near = shown
                .as_f64()
                .zip(whole.as_f64())
                .is_some_and(|(shown, whole)| (shown - whole).abs() < 0.001);
            near.then_some(())
                .ok_or_else(|| format!("{path}: {whole}, not {shown}"))
        }
        _ if shown == whole => Ok(()),
        _ => Err(format!("{path}: {whole}, not {shown}")),
    }
}

#[test]
fn the_replies_of_every_transcript_are_read_to_its_assessment() {
    let (_, put) = DOC.split_once("/v1/rubrics/median").unwrap();
    let (_, put) = put.split_once("-d '").unwrap();
    let median = read_rubric(put.split_once('\'').unwrap().0);
    let transcripts = DOC.split("```json transcript\n").skip(1);
    let transcripts: Vec<&str> = transcripts
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(transcripts.len() >= 8, "{}", transcripts.len());
    let check = |text: &&str| {
        let transcript: Value = serde_json::from_str(text).unwrap();
        is_so(
            &transcript["assessment"],
            &assessed(&transcript, &median),
            "",
        )
        .err()
    };
    let wrong: Vec<String> = transcripts.iter().filter_map(check).collect();
    assert_eq!(wrong, Vec::<String>::new());
}
