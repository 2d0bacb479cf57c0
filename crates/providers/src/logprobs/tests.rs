use judging::{Answer, Token};
use serde_json::value::RawValue;

use super::of_chat;

fn of(content: &str, text: &str) -> Option<Vec<Token>> {
    of_given(&format!(r#"{{"content":{content},"refusal":null}}"#), text)
}

fn of_given(given: &str, text: &str) -> Option<Vec<Token>> {
    let given = RawValue::from_string(given.to_owned()).unwrap();
    let answer = Answer::Text {
        text: text.to_owned(),
        cut_off: false,
    };
    of_chat(&[given], &answer)
}

fn alternatives(content: &str, text: &str) -> Vec<(String, f64)> {
    let tokens = of(content, text).unwrap();
    assert_eq!(tokens.len(), 1);
    tokens
        .into_iter()
        .flat_map(|token| token.alternatives)
        .collect()
}

fn pairs(expected: &[(&str, f64)]) -> Vec<(String, f64)> {
    expected
        .iter()
        .map(|(text, logprob)| ((*text).to_owned(), *logprob))
        .collect()
}

#[test]
fn improbable_and_impossible_alternatives_are_dropped() {
    let content = r#"[{"token":"4","logprob":-0.5,"bytes":[52],"top_logprobs":[
        {"token":"4","logprob":-0.5,"bytes":[52]}, {"token":"5","logprob":-1.0,"bytes":null},
        {"token":"3","logprob":-10.0}, {"token":"2","logprob":-10.1}, {"token":"1","logprob":null},
        {"token":"0","logprob":-9999.0}, {"token":"x","logprob":"-inf"}, {"token":"y","logprob":-1e999},
        {"token":"z"}]}]"#;
    let expected = pairs(&[("4", -0.5), ("5", -1.0), ("3", -10.0)]);
    assert_eq!(alternatives(content, "4"), expected);
}

#[test]
fn the_chosen_token_is_kept_however_improbable() {
    let listed = r#"[{"token":"4","logprob":-12.0,"top_logprobs":[
        {"token":"5","logprob":-0.1},{"token":"4","logprob":-12.0}]}]"#;
    assert_eq!(
        alternatives(listed, "4"),
        pairs(&[("5", -0.1), ("4", -12.0)])
    );
    let unlisted =
        r#"[{"token":"4","logprob":-12.0,"top_logprobs":[{"token":"5","logprob":-0.1}]}]"#;
    assert_eq!(
        alternatives(unlisted, "4"),
        pairs(&[("5", -0.1), ("4", -12.0)])
    );
    assert_eq!(
        alternatives(r#"[{"token":"4","logprob":-0.2}]"#, "4"),
        pairs(&[("4", -0.2)])
    );
    // A probability that nobody knows is none.
    assert_eq!(
        alternatives(r#"[{"token":"4","logprob":null,"top_logprobs":[]}]"#, "4"),
        []
    );
}

#[test]
fn a_place_with_impossible_probabilities_has_none() {
    for top in [
        r#"{"token":"4","logprob":2.0},{"token":"3","logprob":1.0}"#,
        r#"{"token":"4","logprob":-0.7},{"token":"3","logprob":0.5}"#,
        r#"{"token":"4","logprob":-0.7},{"token":"4","logprob":-0.7},{"token":"3","logprob":-0.7}"#,
    ] {
        let content = format!(r#"[{{"token":"4","logprob":-0.7,"top_logprobs":[{top}]}}]"#);
        assert_eq!(alternatives(&content, "4"), [], "{top}");
    }
    assert_eq!(alternatives(r#"[{"token":"4","logprob":0.3}]"#, "4"), []);
    // Rounded, and the same digit with and without a blank.
    let content = r#"[{"token":"4","logprob":1e-7,"top_logprobs":[{"token":"4","logprob":1e-7},{"token":" 4","logprob":-9.0}]}]"#;
    assert_eq!(
        alternatives(content, "4"),
        pairs(&[("4", 1e-7), (" 4", -9.0)])
    );
}

#[test]
fn parts_of_a_character_become_one_token() {
    let content = r#"[{"token":"\\xc3","logprob":-0.25,"bytes":[195],"top_logprobs":[{"token":"\\xc3","logprob":-0.25,"bytes":[195]}]},
        {"token":"\\xa4","logprob":-0.5,"bytes":[164]},
        {"token":"4","logprob":-1.0,"bytes":[52]}]"#;
    let tokens = of(content, "ä4").unwrap();
    let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    assert_eq!(texts, ["ä", "4"]);
    assert_eq!(tokens[0].alternatives, pairs(&[("ä", -0.75)]));
    // Without the bytes nobody can say what the text was.
    let blind =
        r#"[{"token":"�","logprob":-0.1},{"token":"�","logprob":-0.1},{"token":"4","logprob":-1}]"#;
    assert_eq!(of(blind, "ä4"), None);
    // The text ends within a character.
    assert_eq!(
        of(
            r#"[{"token":"4","logprob":-1},{"token":"\\xc3","logprob":-1,"bytes":[195]}]"#,
            "4"
        ),
        None
    );
}

#[test]
fn bytes_that_are_not_the_texts_are_passed_over() {
    let content = r#"[{"token":" 4","logprob":-0.5,"bytes":[196,160,52],"top_logprobs":[{"token":" 5","logprob":-1.5,"bytes":[196,160,53]}]}]"#;
    assert_eq!(
        alternatives(content, " 4"),
        pairs(&[(" 5", -1.5), (" 4", -0.5)])
    );
}

#[test]
fn tokens_of_another_text_are_none() {
    let content = r#"[{"token":"<think>","logprob":-0.1},{"token":"4","logprob":-0.1}]"#;
    assert_eq!(of(content, "4"), None);
    assert!(of(content, "<think>4").is_some());
    assert_eq!(of("[]", ""), None);
    assert_eq!(of("[]", "4"), None);
    assert_eq!(of("null", "4"), None);
    // The form of the endpoint before chat.
    let old = r#"{"tokens":["4"],"token_logprobs":[-0.1],"top_logprobs":[{"4":-0.1}]}"#;
    assert_eq!(of_given(old, "4"), None);
}
