//! What is JSON, and what is not.

use domain::json::{Json, MAX_DEPTH, MAX_VALUES, ParseError};
use proptest::prelude::*;

#[track_caller]
fn refused(text: &[u8]) -> ParseError {
    Json::parse(text).unwrap_err()
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    let cases: [(&str, usize); 20] = [
        ("", 0),
        ("NaN", 0),
        ("Infinity", 0),
        ("-Infinity", 1),
        ("{\"a\": NaN}", 6),
        ("[1,]", 3),
        ("{\"a\":1,}", 7),
        ("{a:1}", 1),
        ("'a'", 0),
        ("01", 1),
        ("1.", 2),
        (".5", 0),
        ("1e", 2),
        ("\"\n\"", 1),
        ("\"\\x\"", 2),
        ("\"\\u12\"", 3),
        ("\"\\ud800\"", 7),
        ("\"\\udc00x\"", 7),
        ("[1] 2", 4),
        ("[", 1),
    ];
    for (text, place) in cases {
        match refused(text.as_bytes()) {
            ParseError::Syntax { offset, .. } => assert_eq!(offset, place, "{text}"),
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn numbers_beyond_a_double_are_refused_unless_they_are_integers() {
    assert!(matches!(
        refused(b"1e400"),
        ParseError::Syntax { offset: 0, .. }
    ));
    assert!(Json::parse("9".repeat(400).as_bytes()).is_ok());
}

#[test]
fn bytes_that_are_no_utf_8_are_refused_with_their_place() {
    assert_eq!(refused(b"\"ab\xff\""), ParseError::Encoding { offset: 3 });
}

#[test]
fn a_key_that_stands_twice_is_refused_with_its_pointer() {
    let check = |text: &str, expected: &str| {
        assert_eq!(
            refused(text.as_bytes()),
            ParseError::DuplicateKey {
                pointer: expected.to_owned()
            }
        );
    };
    check(r#"{"a":1,"a":1}"#, "/a");
    check(
        r#"{"a":{"b":[0,{"c/d":1,"x":2,"c\u002fd":3}]}}"#,
        "/a/b/1/c~1d",
    );
    let many: Vec<String> = (0..100)
        .map(|number| format!("\"k{}\":0", number % 99))
        .collect();
    check(&format!("{{{}}}", many.join(",")), "/k0");
}

#[test]
fn nesting_has_a_bound() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Json::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(Json::parse(nested(MAX_DEPTH + 2).as_bytes()).is_err());
    assert!(Json::parse("[".repeat(1_000_000).as_bytes()).is_err());
    assert!(Json::parse("{\"a\":".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn the_number_of_values_has_a_bound() {
    let array = |items: usize| format!("[{}]", vec!["0"; items].join(","));
    assert!(Json::parse(array(MAX_VALUES - 1).as_bytes()).is_ok());
    let refused = refused(array(MAX_VALUES).as_bytes());
    assert!(
        refused.to_string().contains("more than 200000 values"),
        "{refused}"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Json::parse(&bytes));
    }

    #[test]
    fn takes_what_an_independent_parser_takes(text in "[\\[\\]{}\",:0-9eE+.\\-\\\\ntrufalse \u{20ac}]{0,40}") {
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        match Json::parse(text.as_bytes()) {
            Ok(_) => prop_assert!(theirs || text.bytes().filter(u8::is_ascii_digit).count() > 300, "only we take {text}"),
            Err(ParseError::DuplicateKey { .. }) => prop_assert!(theirs),
            Err(error) => prop_assert!(!theirs, "only we refuse {text}: {error}"),
        }
    }
}
