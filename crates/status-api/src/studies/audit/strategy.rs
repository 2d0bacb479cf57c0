//! The strategy by which an audit judges: as it was asked for, but for the models and the order of two candidates.

use domain::json::Json;
use serde_json::{Map, Value, json};

/// A strategy without whatever the models are that it names, `judge` being that of the evaluation; and of a comparison in the order that
/// was sent alone: our own cure for the order would hide what the judge does. `None`: the request's is as it should be.
pub(super) fn of(asked: Option<&Json<'_>>, is_pair: bool, judge: Option<&str>) -> Option<Value> {
    let asked = asked.and_then(|asked| serde_json::from_slice(&asked.canonical()).ok());
    let mut strategy = match asked {
        Some(asked) if is_pair || judge.is_some() => with_options(asked),
        None if is_pair => with_options(json!("direct")),
        _ => return None,
    };
    if is_pair {
        in_one_order(&mut strategy);
    }
    if let Some(judge) = judge {
        judged_by(&mut strategy, judge);
    }
    Some(Value::Object(strategy))
}

/// A strategy, or its name, as an object.
fn with_options(asked: Value) -> Map<String, Value> {
    let mut strategy = match asked {
        Value::Object(strategy) => strategy,
        kind => [("kind".to_owned(), kind)].into_iter().collect(),
    };
    strategy.entry("kind").or_insert_with(|| json!("direct"));
    strategy
}

fn in_one_order(strategy: &mut Map<String, Value>) {
    if strategy.get("kind") != Some(&json!("cascade")) {
        strategy.insert("swap".to_owned(), json!(false));
        return;
    }
    // The order is a stage's matter; an absent stage is as `Cascade::default` has it.
    let usual = [
        ("first", json!({"kind": "direct", "samples": 3})),
        ("then", json!({"kind": "debate"})),
    ];
    for (stage, usual) in usual {
        let mut asked = with_options(strategy.remove(stage).unwrap_or(usual));
        asked.insert("swap".to_owned(), json!(false));
        strategy.insert(stage.to_owned(), asked.into());
    }
}

/// Whoever names no model is the evaluation's.
fn judged_by(strategy: &mut Map<String, Value>, judge: &str) {
    strategy.remove("model");
    strategy.remove("moderator");
    if let Some(Value::Array(models)) = strategy.get_mut("models") {
        models.fill(judge.into());
    }
    for part in ["first", "then"] {
        if let Some(Value::Object(stage)) = strategy.get_mut(part) {
            judged_by(stage, judge);
        }
    }
    if let Some(Value::Array(debaters)) = strategy.get_mut("debaters") {
        for debater in debaters.iter_mut().filter_map(Value::as_object_mut) {
            debater.remove("model");
        }
    }
}
