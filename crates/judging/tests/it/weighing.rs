//! Scores weighed by token probabilities.

use std::collections::BTreeMap;

use domain::plan::{SoloPlan, StrategyPlan};
use domain::rubric::{Criterion, Meaning, ReplyForm, ReplyFormat, Rubric, Scale, Side};
use judging::reading::{Form, read};
use judging::{Answer, Reply, Token};

use crate::fixture::{judge_by, plan as planned, reply, text};
use crate::recorded::{criterion, rubric};

/// A token that is certain, but for what is given: texts with their probabilities.
fn token(text: &str, alternatives: &[(&str, f64)]) -> Token {
    Token {
        text: text.to_owned(),
        alternatives: alternatives
            .iter()
            .map(|(text, probability)| ((*text).to_owned(), probability.ln()))
            .collect(),
    }
}

fn plain(text: &str) -> Token {
    token(text, &[(text, 1.0)])
}

fn said(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect()
}

fn scale(name: &str, scale: Scale) -> Criterion {
    Criterion {
        scale,
        ..criterion(name, 1.0, 5.0)
    }
}

/// The only score of a direct reply, when it is weighed.
fn direct(criterion: Criterion, tokens: &[Token]) -> Option<(f64, f64)> {
    let rubric = rubric(vec![criterion]);
    let reading = read(&rubric, Form::Direct, &said(tokens), Some(tokens)).unwrap();
    let only = &reading.criteria[0];
    let value = only.score.zip(only.normalized);
    value.filter(|_| only.weighed)
}

fn object(value: &[Token]) -> Vec<Token> {
    let mut tokens = vec![
        plain("{\"criteria\": {\"q\": {\"rationale\": \"4 or 5\","),
        plain(" \"score\":"),
    ];
    tokens.extend_from_slice(value);
    tokens.push(plain("}}}"));
    tokens
}

fn read_custom(format: ReplyFormat, comparison: bool, tokens: &[Token]) -> Option<f64> {
    let rubric: Rubric = rubric(vec![criterion("q", 1.0, 5.0)]);
    let form = ReplyForm {
        format,
        take: None,
        logprobs: true,
    };
    let form = Form::Custom {
        form: &form,
        comparison,
    };
    let reading = read(&rubric, form, &said(tokens), Some(tokens)).ok()?;
    let only = &reading.criteria[0];
    only.score.filter(|_| only.weighed)
}

#[track_caller]
fn is_close(found: Option<f64>, wanted: f64) {
    let found = found.expect("it is weighed");
    assert!((found - wanted).abs() < 1e-9, "{found}, not {wanted}");
}

#[test]
fn the_expected_value_is_taken_where_the_value_stands() {
    let tokens = object(&[token(
        " 4",
        &[
            (" 4", 0.5),
            ("4", 0.1),
            (" 5", 0.3),
            (" 2", 0.05),
            (" \"", 0.05),
        ],
    )]);
    let (score, normalized) = direct(criterion("q", 1.0, 5.0), &tokens).unwrap();
    // `4` without the blank is another spelling.
    let wanted = (0.5 * 4.0 + 0.3 * 5.0 + 0.05 * 2.0) / 0.85;
    is_close(Some(score), wanted);
    is_close(Some(normalized), (wanted - 1.0) / 4.0);
    // In quotes, and with the quotes in the token.
    let quoted = [
        plain(" \""),
        token("4", &[("4", 0.5), ("5", 0.5)]),
        plain("\""),
    ];
    is_close(
        direct(criterion("q", 1.0, 5.0), &object(&quoted)).map(|(score, _)| score),
        4.5,
    );
    let joined = [token(" \"4\"", &[(" \"4\"", 0.5), (" \"5\"", 0.5)])];
    is_close(
        direct(criterion("q", 1.0, 5.0), &object(&joined)).map(|(score, _)| score),
        4.5,
    );
}

#[test]
fn truths_and_categories_are_weighed_too() {
    let truth = object(&[token(" true", &[(" true", 0.75), (" false", 0.25)])]);
    is_close(
        direct(scale("q", Scale::Boolean), &truth).map(|(score, _)| score),
        0.75,
    );
    let values: BTreeMap<String, f64> = [("poor", 0.0), ("excellent", 1.0), ("excess", 0.2)]
        .map(|(word, worth)| (word.to_owned(), worth))
        .into();
    let word = |alternatives: &[(&str, f64)]| {
        let tokens = object(&[plain(" \""), token("poor", alternatives), plain("\"")]);
        direct(
            scale(
                "q",
                Scale::Categories {
                    values: values.clone(),
                },
            ),
            &tokens,
        )
    };
    is_close(
        word(&[("poor", 0.5), ("excell", 0.5)]).map(|(score, _)| score),
        0.5,
    );
    // It begins two of them.
    assert_eq!(word(&[("poor", 0.5), ("exce", 0.5)]), None);
    assert_eq!(word(&[("poor", 0.6), ("e", 0.4)]), None);
}

#[test]
fn a_choice_is_weighed_by_the_token_that_decides() {
    let sides = |first: &str, second: &str| ReplyFormat::Choice {
        choices: [
            (first.to_owned(), Meaning::Side(Side::First)),
            (second.to_owned(), Meaning::Side(Side::Second)),
        ]
        .into(),
    };
    let letter = |text: &str| token(text, &[("m", 0.2), ("M", 0.6), ("\n", 0.1)]);
    is_close(read_custom(sides("m", "M"), true, &[letter("M")]), 0.25);
    // A single token that is none of the choices, while they are what is probable.
    is_close(
        read_custom(sides("m", "M"), true, &[letter("Neither")]),
        0.25,
    );
    assert_eq!(
        read_custom(sides("m", "M"), true, &[token("Neither", &[("m", 0.4)])]),
        None
    );
    let bracketed = [
        plain("So: [["),
        token("A", &[("A", 0.9), ("B", 0.1)]),
        plain("]]"),
    ];
    is_close(read_custom(sides("A", "B"), true, &bracketed), 0.9);
    let inside = [
        plain("Output"),
        plain(" ("),
        token("a", &[("a", 0.7), ("b", 0.3)]),
        plain(")"),
    ];
    is_close(
        read_custom(sides("Output (a)", "Output (b)"), true, &inside),
        0.7,
    );
    // What comes before the letter has already ruled the other one out.
    let split = [
        token("Out", &[("Out", 0.6), ("Tie", 0.4)]),
        plain("put (a)"),
    ];
    is_close(read_custom(sides("Output (a)", "Tie"), true, &split), 0.6);
}

#[test]
fn a_number_that_goes_on_in_the_next_token_is_not_weighed() {
    let ten = || ReplyFormat::Number {
        min: 1.0,
        max: 10.0,
    };
    let five = || ReplyFormat::Number { min: 1.0, max: 5.0 };
    let four = token("4", &[("4", 0.5), ("5", 0.5)]);
    assert_eq!(read_custom(five(), false, &[four, plain(".5")]), None);
    let one = |text: &str| token(text, &[("1", 0.9), ("9", 0.1)]);
    assert_eq!(read_custom(ten(), false, &[one("1"), plain("0")]), None);
    // `1` may be the beginning of 10, or not: only a judge that is seen to write 10 as one token tells.
    assert_eq!(
        read_custom(ten(), false, &[token("9", &[("1", 0.4), ("9", 0.6)])]),
        None
    );
    let seen = token("9", &[("1", 0.4), ("9", 0.4), ("10", 0.2)]);
    // The form's 9 of 1 to 10 is 1 + 8 · 4 / 9 on the scale of 1 to 5.
    let wanted = 0.4 * 1.0 + 0.4 * (1.0 + 32.0 / 9.0) + 0.2 * 5.0;
    is_close(read_custom(ten(), false, &[seen]), wanted);
    // As good as impossible: it is left out.
    let faint = token("9", &[("1", 0.001), ("9", 0.5), ("8", 0.5)]);
    assert!(read_custom(ten(), false, &[faint]).is_some());
}

#[test]
fn what_cannot_be_weighed_is_left_as_it_was_written() {
    let five = || ReplyFormat::Number { min: 1.0, max: 5.0 };
    let likely = token("4", &[("4", 0.6), ("5", 0.4)]);
    is_close(
        read_custom(five(), false, &[plain("Score: "), likely.clone()]),
        4.4,
    );
    // The values together are improbable.
    assert_eq!(
        read_custom(five(), false, &[token("4", &[("4", 0.3), ("The", 0.7)])]),
        None
    );
    assert_eq!(read_custom(five(), false, &[token("4", &[])]), None);
    assert_eq!(
        read_custom(five(), false, &[token("4", &[("4", f64::NAN)])]),
        None
    );
    // A scale that is not discrete.
    let wide = ReplyFormat::Number { min: 1.0, max: 5.5 };
    assert_eq!(
        read_custom(wide, false, std::slice::from_ref(&likely)),
        None
    );
    // Tokens of another text.
    let rubric = rubric(vec![criterion("q", 1.0, 5.0)]);
    let form = ReplyForm {
        format: five(),
        take: None,
        logprobs: true,
    };
    let form = Form::Custom {
        form: &form,
        comparison: false,
    };
    for text in ["4 ", "5", "Score: 4"] {
        let reading = read(&rubric, form, text, Some(std::slice::from_ref(&likely))).unwrap();
        assert!(!reading.criteria[0].weighed, "{text}");
    }
}

#[test]
fn a_value_that_others_begin_with_is_never_left_out() {
    let choices = [
        ("relevant", Meaning::Number(5.0)),
        ("relevant in part", Meaning::Number(1.0)),
    ];
    let choices = choices.map(|(text, meaning)| (text.to_owned(), meaning));
    let format = ReplyFormat::Choice {
        choices: choices.into(),
    };
    let tokens = [
        plain("relevant"),
        token(" in", &[(" in", 0.55), (".", 0.45)]),
        plain(" part"),
    ];
    assert_eq!(read_custom(format, false, &tokens), None);
}

#[test]
fn a_reply_of_one_token_is_judged_by_what_it_might_have_been() {
    let rubric = r#"{"criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}],
        "prompt": {"user": "{{ output }}"}, "reply": {"format": "number", "logprobs": true}}"#;
    let (calls, assessment) = judge_by(&planned(rubric), r#"{"output": "x"}"#, |_| Reply {
        logprobs: Some(vec![token(
            "Good",
            &[("4", 0.5), ("5", 0.3), ("Good", 0.2)],
        )]),
        ..reply(text("Good"))
    });
    assert_eq!(calls.len(), 1, "no repair is asked for");
    assert!(assessment.criteria[0].weighed);
    is_close(assessment.criteria[0].score, 3.5 / 0.8);
}

#[test]
fn a_reply_of_one_token_that_was_asked_for_ends_at_its_limit_and_is_whole() {
    let rubric = |logprobs: bool| {
        format!(
            r#"{{"criteria": [{{"name": "better"}}], "prompt": {{"user": "{{{{ output_a }}}} {{{{ output_b }}}}"}},
            "reply": {{"format": "choice", "choices": {{"m": "first", "M": "second"}}, "logprobs": {logprobs}}}}}"#
        )
    };
    let pair = r#"{"outputs": [{"id": "x", "text": "a"}, {"id": "y", "text": "b"}], "strategy": {"kind": "direct", "swap": false}}"#;
    let cut_off = |tokens: Vec<Token>| Reply {
        logprobs: Some(tokens),
        ..reply(Answer::Text {
            text: "M".to_owned(),
            cut_off: true,
        })
    };
    let planned = |logprobs| {
        let mut plan = planned(&rubric(logprobs));
        plan.strategy = StrategyPlan::Direct(SoloPlan {
            swap: false,
            ..SoloPlan::default()
        });
        plan
    };
    let likely = [token("M", &[("M", 0.75), ("m", 0.25)])];
    let (_, assessment) = judge_by(&planned(true), pair, |_| cut_off(likely.to_vec()));
    is_close(assessment.preference.map(|it| it.probability_first), 0.25);
    // Without probabilities a word may go on.
    let (_, assessment) = judge_by(&planned(false), pair, |_| cut_off(likely.to_vec()));
    assert_eq!(assessment.preference, None);
}
