//! The request types against the strict readers: what the types can say is accepted, and read as it was meant; what
//! they have no word for is refused.

mod strategies;

use std::collections::BTreeMap;

use api::{
    Change, Message, Output, Prose, RubricChoice, StrategyChoice, StrategyName, StrategyOptions,
    Submission,
};
use domain::json::Json;
use domain::rubric::{Criterion, Rubric, Scale};
use domain::{Priority, submission};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::strategies::{is_not_sampled, strategy, without_swap};

fn line() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9é/:-]([a-zA-Z0-9 é/:-]{0,9}[a-zA-Z0-9é/:-])?"
}

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let rest = prop::collection::btree_map("x[a-z]{0,5}", any::<Option<i32>>(), 0..3);
    let message = (line(), rest).prop_map(|(role, rest)| Message {
        role,
        rest: rest
            .into_iter()
            .map(|(key, value)| (key, json!(value)))
            .collect(),
    });
    prop::collection::vec(message, 1..4)
}

fn candidate() -> impl Strategy<Value = Submission> {
    let change = (of(any::<String>()), any::<String>(), of(any::<String>()));
    let change = change.prop_map(|(base, patch, test_log)| Change {
        base,
        patch,
        test_log,
    });
    prop_oneof![
        (any::<String>(), of(messages()), of(change)).prop_map(|(output, trajectory, change)| {
            Submission {
                output: Some(output),
                trajectory,
                change,
                ..Submission::default()
            }
        }),
        [any::<String>(), any::<String>()].prop_map(|[first, second]| {
            let output = |id: &str, text| Output {
                id: id.to_owned(),
                text,
            };
            Submission {
                outputs: Some([output("a", first), output("b", second)]),
                ..Submission::default()
            }
        }),
    ]
}

fn scale() -> impl Strategy<Value = Scale> {
    prop_oneof![
        (-100.0..0.0, 1.0..100.0, line()).prop_map(|(min, max, words)| Scale::Numeric {
            min,
            max,
            anchors: BTreeMap::from([("0".to_owned(), words)]),
        }),
        Just(Scale::Boolean),
        prop::collection::btree_map("[a-z]{1,8}", 0.0..=1.0, 2..5)
            .prop_map(|values| Scale::Categories { values }),
    ]
}

fn rubric() -> impl Strategy<Value = Rubric> {
    let criterion = (line(), 0.1..10.0, scale(), any::<(bool, bool)>());
    let criteria = prop::collection::vec(criterion, 1..4);
    let rest = (
        of("[a-z0-9][a-z0-9._-]{0,10}"),
        of(0.0..=1.0),
        of(line()),
        any::<bool>(),
        prop::collection::vec(line(), 0..3),
    );
    (criteria, rest).prop_map(
        |(criteria, (name, pass_threshold, model, fallback, steps))| Rubric {
            name,
            description: "What it is for.".to_owned(),
            pass_threshold,
            model,
            fallback,
            criteria: criteria
                .into_iter()
                .enumerate()
                .map(
                    |(index, (description, weight, scale, (may_not_apply, locate)))| Criterion {
                        name: format!("c{index}"),
                        description,
                        weight,
                        scale,
                        may_not_apply,
                        locate,
                    },
                )
                .collect(),
            steps,
            prompt: None,
            reply: None,
            webhook: None,
        },
    )
}

fn rubric_choice() -> impl Strategy<Value = RubricChoice> {
    prop_oneof![
        "[a-z0-9][a-z0-9._-]{0,10}(@[1-9][0-9]{0,3})?".prop_map(RubricChoice::Named),
        rubric().prop_map(|rubric| RubricChoice::Inline(Box::new(rubric))),
    ]
}

fn request() -> impl Strategy<Value = Submission> {
    let input = prop_oneof![
        any::<String>().prop_map(Prose::Text),
        messages().prop_map(Prose::Messages)
    ];
    let texts = (of(input), of(any::<String>()), of(any::<String>()));
    let how = (of(rubric_choice()), of(strategy()), of(line()));
    let numbers = (of(1..=32_u32), of(0.0..=2.0), of(1..=604_800_u32));
    let rest = (
        of(select(vec![Priority::Interactive, Priority::Batch])),
        prop::collection::btree_map("[a-z]{1,8}", "[a-z ]{0,8}", 0..3),
        of(line()),
    );
    (candidate(), texts, how, numbers, rest).prop_map(
        |(
            candidate,
            (input, reference, context),
            (rubric, strategy, model),
            (samples, temperature, deadline_seconds),
            (priority, metadata, run),
        )| {
            let comparison = candidate.outputs.is_some();
            let strategy = strategy.map(|strategy| {
                if comparison {
                    strategy
                } else {
                    without_swap(strategy)
                }
            });
            Submission {
                input,
                reference,
                context,
                rubric,
                samples: samples.filter(|_| !is_not_sampled(strategy.as_ref())),
                strategy,
                model,
                temperature,
                priority,
                deadline_seconds,
                metadata,
                run,
                ..candidate
            }
        },
    )
}

proptest! {
    #[test]
    fn what_the_types_can_say_is_accepted(request in request()) {
        let text = serde_json::to_vec(&request).unwrap();
        let read = submission::parse(&Json::parse(&text).unwrap());
        let read = read.map_err(|errors| TestCaseError::fail(format!("{errors:?}\n{request:#?}")))?;
        prop_assert_eq!(read.samples, request.samples.unwrap_or(1));
        prop_assert_eq!(&read.model, &request.model);
        prop_assert_eq!(&read.metadata, &request.metadata);
        prop_assert_eq!(read.temperature, request.temperature);
        prop_assert_eq!(read.deadline_seconds, request.deadline_seconds);
        let name = match &request.strategy {
            None => StrategyName::Direct,
            Some(StrategyChoice::Named(name)) => *name,
            Some(StrategyChoice::WithOptions(StrategyOptions::Direct(_))) => StrategyName::Direct,
            Some(StrategyChoice::WithOptions(StrategyOptions::Cot(_))) => StrategyName::Cot,
            Some(StrategyChoice::WithOptions(StrategyOptions::Debate(_))) => StrategyName::Debate,
            Some(StrategyChoice::WithOptions(StrategyOptions::Cascade(_))) => StrategyName::Cascade,
        };
        prop_assert_eq!(json!(read.strategy.as_str()), json!(name));
        match (&read.rubric, &request.rubric) {
            (Some(domain::rubric::RubricChoice::Inline(read)), Some(RubricChoice::Inline(sent))) => {
                prop_assert_eq!(read, sent);
            }
            (Some(domain::rubric::RubricChoice::Named(read)), Some(RubricChoice::Named(sent))) => {
                prop_assert!(sent.starts_with(&read.name));
            }
            (read, sent) => prop_assert!(read.is_none() && sent.is_none()),
        }
    }

    #[test]
    fn a_request_is_read_back_as_it_was_written(request in request()) {
        let value = serde_json::to_value(&request).unwrap();
        let read: Submission = serde_json::from_value(value.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), value);
    }
}

/// Everywhere but in chat messages.
#[test]
fn an_unknown_field_is_refused_with_its_place() {
    let debaters = json!([{"model": "a"}, {"model": "b"}]);
    let full = json!({
        "output": "x", "change": {"patch": "p"}, "trajectory": [{"role": "user"}],
        "rubric": {"criteria": [{"name": "c", "scale": {"type": "boolean"}}]},
        "strategy": {"kind": "debate", "debaters": debaters},
    });
    let refused = |value: &Value| -> Vec<String> {
        let text = value.to_string();
        let read = submission::parse(&Json::parse(text.as_bytes()).unwrap()).map(drop);
        let errors = read.err().unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    };
    assert_eq!(refused(&full), [""; 0]);
    serde_json::from_value::<Submission>(full.clone()).unwrap();
    for place in [
        "",
        "/change",
        "/rubric",
        "/rubric/criteria/0",
        "/rubric/criteria/0/scale",
        "/strategy",
        "/strategy/debaters/0",
    ] {
        let mut wrong = full.clone();
        wrong.pointer_mut(place).unwrap()["unknown"] = json!(1);
        assert_eq!(refused(&wrong), [format!("{place}/unknown")]);
    }
    for place in ["", "/change", "/strategy/debaters/0"] {
        let mut wrong = full.clone();
        wrong.pointer_mut(place).unwrap()["unknown"] = json!(1);
        assert!(
            serde_json::from_value::<Submission>(wrong).is_err(),
            "{place}"
        );
    }
    let mut kept = full;
    kept["trajectory"][0]["unknown"] = json!(1);
    assert_eq!(refused(&kept), [""; 0]);
    let read: Submission = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!(json!(read)["trajectory"], kept["trajectory"]);
}
