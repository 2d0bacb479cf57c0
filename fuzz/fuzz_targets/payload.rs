//! Payloads: what is taken is what another parser takes, says the same in its canonical form, and has only one.
#![no_main]

use domain::json::{Json, ParseError};
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let theirs: Result<Value, _> = serde_json::from_slice(data);
    match Json::parse(data) {
        Ok(json) => {
            let theirs = match theirs {
                Ok(theirs) => theirs,
                // An integer may have any number of digits here.
                Err(error) if error.to_string().starts_with("number out of range") => return,
                Err(error) => panic!("taken by us alone: {error}"),
            };
            let canonical = json.canonical();
            let said: Value = serde_json::from_slice(&canonical).expect("canonical JSON");
            assert!(is_same(&said, &theirs), "{said} of {theirs}");
            let again = Json::parse(&canonical).expect("canonical JSON");
            assert_eq!(again.canonical(), canonical);
        }
        // Limits of our own.
        Err(ParseError::DuplicateKey { .. }) => {}
        Err(ParseError::Syntax { problem, .. })
            if problem.starts_with("nested deeper") || problem.starts_with("more than") => {}
        Err(error) => assert!(theirs.is_err(), "refused by us alone: {error}"),
    }
});

/// Whether two documents say the same; `1.0` and `1` do.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}
