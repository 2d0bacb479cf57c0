//! Values that are written one level too deep, or in brackets of their own.

use domain::plan::ReaderVersion;
use domain::rubric::{ReplyForm, Rubric};
use judging::reading::{Form, Reading, read, read_as, read_steps};
use serde_json::{Value, json};

use crate::fixture::{GOOD, ONE, RUBRIC, SUBMISSION, judge, plan, text};
use crate::recorded::{criterion, rubric};

const SAID: [f64; 3] = [4.0, 1.0, 0.5];

fn three() -> Rubric {
    plan(RUBRIC).rubric
}

fn scores(reading: &Reading) -> Vec<f64> {
    let criteria = reading.criteria.iter();
    criteria.map(|each| each.score.unwrap()).collect()
}

fn direct(said: &str) -> Result<Vec<f64>, String> {
    read(&three(), Form::Direct, said, None).map(|reading| scores(&reading))
}

/// A string that holds a value.
fn folded(value: &Value) -> Value {
    Value::from(value.to_string())
}

fn good() -> Value {
    serde_json::from_str(GOOD).unwrap()
}

#[test]
fn an_object_that_is_written_as_a_string_is_read_as_that_object() {
    let mut criteria = good();
    criteria["criteria"] = folded(&criteria["criteria"]);
    let mut each = good();
    for name in ["zeal", "a safe one", "style"] {
        each["criteria"][name] = folded(&each["criteria"][name]);
    }
    let mut twice = criteria.clone();
    twice["criteria"] = folded(&each["criteria"]);
    let call = |arguments: Value| json!({"name": "assess", "arguments": arguments});
    for said in [
        criteria,
        each,
        twice,
        folded(&good()),
        call(folded(&good())),
        folded(&call(good())),
    ] {
        let said = said.to_string();
        assert_eq!(direct(&said).as_deref(), Ok(&SAID[..]), "{said}");
        let first = read_as(ReaderVersion::V1, &three(), Form::Direct, &said, None);
        assert!(first.is_err(), "{said}");
    }
}

#[test]
fn a_string_that_holds_anything_besides_is_no_object() {
    let inner = good()["criteria"].to_string();
    for held in [
        format!("Here: {inner}"),
        format!("{inner} and so on"),
        format!("{inner}{inner}"),
        format!("[{inner}]"),
        inner.trim_end_matches('}').to_owned(),
        String::new(),
        "4".to_owned(),
    ] {
        let mut said = good();
        said["criteria"] = Value::from(held);
        assert!(direct(&said.to_string()).is_err(), "{said}");
    }
    // The repair names what is missing.
    let mut said = good();
    said["criteria"] = Value::from("see above");
    let problem = direct(&said.to_string()).unwrap_err();
    assert!(problem.contains("`criteria`"), "{problem}");
}

#[test]
fn arrays_are_unfolded_where_they_belong() {
    let mut said = good();
    said["criteria"]["zeal"]["evidence"] = folded(&json!(["return sorted(xs)"]));
    said["criteria"]["style"]["evidence"] = json!([]);
    let (_, assessment) = judge(&plan(RUBRIC), SUBMISSION, &[text(&said.to_string())]);
    let evidence = &assessment.criteria[0].evidence;
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].quote, "return sorted(xs)");
    assert!(evidence[0].found);
    // A quotation of an object is a quotation.
    said["criteria"]["zeal"]["evidence"] = folded(&json!({"a": 1}));
    let (_, assessment) = judge(
        &plan(RUBRIC),
        r#"{"output": "it prints {\"a\":1}"}"#,
        &[text(&said.to_string())],
    );
    assert_eq!(assessment.criteria[0].evidence[0].quote, "{\"a\":1}");
    let steps = json!({"steps": json!(["Look.", "Compare."]).to_string()});
    let read = read_steps(&steps.to_string());
    assert_eq!(read.unwrap(), ["Look.", "Compare."]);
}

/// What a reply to our own prompt gives the one criterion, from 1 to 5.
fn one(score: &str) -> Result<f64, String> {
    let said = format!(
        r#"{{"criteria": {{"merit": {{"rationale": "So.", "score": {score}}}}}, "summary": ""}}"#
    );
    let reading = read(&plan(ONE).rubric, Form::Direct, &said, None)?;
    Ok(reading.criteria[0].score.unwrap())
}

/// The same by a rubric's own prompt, for two criteria.
fn read_custom(score: &str) -> Result<f64, String> {
    let rubric = rubric(vec![criterion("q", 1.0, 5.0), criterion("other", 1.0, 5.0)]);
    let form = ReplyForm::default();
    let form = Form::Custom {
        form: &form,
        comparison: false,
    };
    let reading = read(
        &rubric,
        form,
        &format!("{{\"q\": {score}, \"other\": 1}}"),
        None,
    )?;
    Ok(reading.criteria[0].score.unwrap())
}

#[test]
fn a_number_is_read_where_it_can_be_one_only() {
    for score in [
        "4",
        "4.0",
        "\"4\"",
        "\" 4 \"",
        "\"4/5\"",
        "\"4 / 5\"",
        "\"4 out of 5\"",
        "[4]",
        "[\"4\"]",
        "{\"value\": 4}",
        "{\"Score\": \"4/5\"}",
        "[{\"rating\": 4}]",
        "\"4.0/5.0\"",
    ] {
        assert_eq!(one(score), Ok(4.0), "{score}");
        assert_eq!(read_custom(score), Ok(4.0), "{score}");
    }
    for score in [
        "\"<4\"",
        "\">4\"",
        "\"~4\"",
        "\"4-5\"",
        "\"4 - 5\"",
        "\"4 or 5\"",
        "\"4,5\"",
        "\"4/10\"",
        "\"2/4\"",
        "\"4/5/5\"",
        "[4, 5]",
        "[]",
        "[[4], 5]",
        "{\"value\": 4, \"max\": 10}",
        "{\"4\": 5}",
        "{}",
        "{\"min\": 4}",
        "\"80%\"",
        "\"four\"",
        "\"\"",
        "true",
        "\"NaN\"",
        "\"inf\"",
        "\"4e\"",
    ] {
        assert!(one(score).is_err(), "{score}");
        assert!(read_custom(score).is_err(), "{score}");
    }
    // Another end of the scale beside it says that it is on another one; the same end does not.
    let beside = |end: &str| {
        let said =
            format!(r#"{{"criteria": {{"merit": {{"rationale": "So.", "score": 4, {end}}}}}}}"#);
        read(&plan(ONE).rubric, Form::Direct, &said, None).is_ok()
    };
    assert!(!beside("\"max\": 10") && !beside("\"out_of\": \"10\"") && !beside("\"Max Score\": 4"));
    assert!(!beside("\"total\": 9") && !beside("\"range\": \"0-10\""));
    assert!(beside("\"max\": 5") && beside("\"maximum\": \"5.0\"") && beside("\"total\": 5"));
    // What the first rules refused they still refuse.
    for score in ["[4]", "\"[4]\""] {
        let said = format!("{{\"q\": {score}, \"other\": 1}}");
        let rubric = rubric(vec![criterion("q", 1.0, 5.0), criterion("other", 1.0, 5.0)]);
        let form = ReplyForm::default();
        let form = Form::Custom {
            form: &form,
            comparison: false,
        };
        assert!(read_as(ReaderVersion::V1, &rubric, form, &said, None).is_err());
    }
}
