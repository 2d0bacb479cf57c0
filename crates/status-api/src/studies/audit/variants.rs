//! The changes that an audit makes to what was sent: each in one thing that should not move a judge.

use std::borrow::Cow;

use api::Bias;
use domain::json::Json;
use domain::submission::Submission;
use serde_json::{Value, json};

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
    /// The judge model, where it is not that of the request.
    pub(super) judge: Option<&'s str>,
    /// The model that judges, as far as that is known.
    pub(super) model: Option<&'s str>,
}

/// A payload of a variant.
pub(super) type Variant = (&'static str, Vec<u8>);

/// The payloads that tell whether a judge has these biases, by their variants. `None`: there is no text to change.
pub(super) fn of(
    json: &Json<'_>,
    submission: &Submission<'_>,
    biases: &[Bias],
    setting: &Setting<'_>,
) -> Option<Vec<Variant>> {
    let candidate = &submission.candidate;
    let is_pair = candidate.outputs.is_some();
    let text = match (&candidate.output, &candidate.outputs) {
        (Some(text), _) => text.as_str(),
        (None, Some([first, _])) => first.text.as_str(),
        (None, None) => return None,
    };
    let written = |variant: &'static str, text: Cow<'_, str>| {
        let outputs = candidate.outputs.as_ref().map(|[first, second]| {
            let [first, second] = [(&first.id, &*text), (&second.id, second.text.as_str())]
                .map(|(id, text)| json!({"id": id.as_str(), "text": text}));
            if variant == SWAPPED {
                json!([second, first])
            } else {
                json!([first, second])
            }
        });
        let output = candidate.output.as_ref().map(|_| json!(text));
        let changed = [
            ("output", output),
            ("outputs", outputs),
            // Our own cure for it would hide what the judge does.
            (
                "strategy",
                is_pair.then(|| in_one_order(json.get("strategy"))),
            ),
            ("model", setting.judge.map(Value::from)),
        ];
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
                if let Some(own) = setting.judge.or(setting.model) {
                    variants.push(written(OWN, signed(own)));
                    variants.push(written(OTHER, signed(other_than(own))));
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
    if model.contains("gpt") {
        "claude-sonnet-4"
    } else {
        "gpt-4o"
    }
}

/// The strategy that was asked for, in the order that was sent alone.
fn in_one_order(asked: Option<&Json<'_>>) -> Value {
    let asked = asked.and_then(|asked| serde_json::from_slice(&asked.canonical()).ok());
    let mut strategy = match asked {
        Some(Value::Object(strategy)) => strategy,
        Some(kind @ Value::String(_)) => [("kind".to_owned(), kind)].into_iter().collect(),
        _ => [("kind".to_owned(), json!("direct"))].into_iter().collect(),
    };
    if strategy.get("kind") == Some(&json!("cascade")) {
        // The order is a stage's matter; an absent stage is as `Cascade::default` has it.
        let usual = [
            ("first", json!({"kind": "direct", "samples": 3})),
            ("then", json!({"kind": "debate"})),
        ];
        for (stage, usual) in usual {
            let asked = strategy.remove(stage).unwrap_or(usual);
            strategy.insert(stage.to_owned(), without_swap(asked));
        }
        return Value::Object(strategy);
    }
    without_swap(Value::Object(strategy))
}

/// A strategy, or its name, that judges in one order.
fn without_swap(asked: Value) -> Value {
    let mut strategy = match asked {
        Value::Object(strategy) => strategy,
        kind => [("kind".to_owned(), kind)].into_iter().collect(),
    };
    strategy.entry("kind").or_insert_with(|| json!("direct"));
    strategy.insert("swap".to_owned(), json!(false));
    Value::Object(strategy)
}

/// The payload with some members in the place of its own, and without what is of its sender's concern alone. What is not changed
/// keeps its values to the last digit.
fn rebuilt(json: &Json<'_>, changed: &[(&str, Option<Value>)]) -> Vec<u8> {
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
        if let Some(value) = value {
            put(key, value.to_string().as_bytes());
        }
    }
    if let Json::Object(members) = json {
        let is_changed = |name: &str| {
            let mut changed = changed.iter();
            changed.any(|(key, value)| *key == name && value.is_some())
        };
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

/// The text in Markdown: a heading, and each paragraph with its first word in bold.
fn formatted(text: &str) -> String {
    let mut out = String::from("## Result\n");
    for paragraph in text.split("\n\n") {
        let (first, rest) = match paragraph.split_once(char::is_whitespace) {
            Some((first, rest)) if !first.is_empty() => (first, rest),
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
    if text.contains("```") {
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
mod tests {
    use domain::submission;

    use super::*;

    fn variants(payload: &str) -> Vec<(&'static str, Value)> {
        let json = Json::parse(payload.as_bytes()).unwrap();
        let submission = submission::parse(&json).unwrap();
        let setting = Setting {
            judge: None,
            model: Some("judge-1"),
        };
        let found = of(&json, &submission, &Bias::ALL, &setting).unwrap();
        let read = |(name, bytes): Variant| {
            let json = Json::parse(&bytes).unwrap();
            submission::parse(&json).unwrap();
            (name, serde_json::from_slice(&bytes).unwrap())
        };
        found.into_iter().map(read).collect()
    }

    #[test]
    fn a_cascade_of_comparisons_is_judged_in_one_order_by_each_stage() {
        for strategy in [
            r#""cascade""#,
            r#"{"kind": "cascade", "first": "cot", "then": {"model": "judge-2"}}"#,
        ] {
            let payload = format!(
                r#"{{"input": "Say it.", "outputs": [{{"id": "x", "text": "It is so."}}, {{"id": "y", "text": "So it is."}}], "strategy": {strategy}}}"#
            );
            for (name, payload) in variants(&payload) {
                for stage in ["first", "then"] {
                    assert_eq!(
                        payload["strategy"][stage]["swap"], false,
                        "{name}: {strategy}"
                    );
                }
            }
        }
    }

    #[test]
    fn each_variant_differs_from_the_plain_one_in_one_thing() {
        let found = variants(
            r#"{"input": "Say it.", "output": "It is so.", "webhook": {"url": "https://example.org"}, "samples": 2}"#,
        );
        let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
        let expected = [
            PLAIN,
            LONGER,
            OWN,
            OTHER,
            FORMATTED,
            FIRST_NAME,
            SECOND_NAME,
        ];
        assert_eq!(names, expected, "there is no order of one candidate");
        for (name, payload) in &found {
            assert_eq!(payload["input"], "Say it.");
            assert_eq!(payload["samples"], 2);
            assert!(payload.get("webhook").is_none(), "{name}");
            assert!(payload["output"].as_str().unwrap().contains("so."));
        }
        assert_eq!(found[2].1["output"], "It is so.\n\n(Written by judge-1.)");
        assert_eq!(found[4].1["output"], "## Result\n\n**It** is so.\n");
    }

    #[test]
    fn a_comparison_is_judged_in_one_order_and_its_first_candidate_changed() {
        let found = variants(
            r##"{"outputs": [{"id": "x", "text": "# One\n- **two**"}, {"id": "y", "text": "Three."}], "strategy": "cot"}"##,
        );
        let get = |name: &str| found.iter().find(|(other, _)| *other == name).unwrap();
        let swapped = &get(SWAPPED).1;
        assert_eq!(swapped["outputs"][0]["id"], "y");
        assert_eq!(swapped["strategy"], json!({"kind": "cot", "swap": false}));
        assert_eq!(get(UNFORMATTED).1["outputs"][0]["text"], "One\ntwo");
        assert_eq!(get(LONGER).1["outputs"][1]["text"], "Three.");
    }

    #[test]
    fn what_has_no_text_of_its_own_cannot_be_changed() {
        let payload = r#"{"trajectory": [{"role": "user", "content": "Hello."}]}"#;
        let json = Json::parse(payload.as_bytes()).unwrap();
        let submission = submission::parse(&json).unwrap();
        let setting = Setting {
            judge: None,
            model: None,
        };
        assert!(of(&json, &submission, &Bias::ALL, &setting).is_none());
    }
}
