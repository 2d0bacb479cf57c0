//! The canonical form, against an independent implementation of RFC 8785 and against what must not matter.

use domain::json::Json;
use proptest::prelude::*;
use serde_json::{Value, json};

fn canonical(text: &str) -> String {
    String::from_utf8(Json::parse(text.as_bytes()).unwrap().canonical()).unwrap()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(canonical(text), expected);
}

/// Any JSON whose integers are within ±(2^53 − 1), where we and the RFC agree.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        // Long ones take another way out.
        any::<String>().prop_map(|text| Value::from(text.repeat(500))),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Half of them such as have to be escaped, or may be in several ways.
fn any_char() -> impl Strategy<Value = char> {
    prop_oneof![any::<char>(), (0_u8..128).prop_map(char::from)]
}

/// A character in one of the ways that JSON has for it.
fn spell(char: char, way: u8) -> String {
    let units = |write: fn(u16) -> String| {
        let mut units = [0; 2];
        char.encode_utf16(&mut units)
            .iter()
            .map(|unit| write(*unit))
            .collect()
    };
    match way % 4 {
        0 => units(|unit| format!("\\u{unit:04X}")),
        1 => units(|unit| format!("\\u{unit:04x}")),
        2 if char == '/' => "\\/".to_owned(),
        // As it is, or by a letter of its own where that is not allowed.
        _ => {
            let quoted = serde_json::to_string(&char).unwrap();
            quoted
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .unwrap()
                .to_owned()
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_an_independent_implementation(value in any_json()) {
        let expected = serde_json_canonicalizer::to_string(&value).unwrap();
        prop_assert_eq!(canonical(&value.to_string()), expected);
    }

    #[test]
    fn white_space_does_not_matter(value in any_json()) {
        prop_assert_eq!(canonical(&serde_json::to_string_pretty(&value).unwrap()), canonical(&value.to_string()));
    }

    #[test]
    fn is_a_fixed_point(value in any_json()) {
        let once = canonical(&value.to_string());
        prop_assert_eq!(canonical(&once), once);
    }

    #[test]
    fn the_order_of_keys_does_not_matter(members in prop::collection::btree_map("[a-z\u{e0}-\u{ff}\u{10000}-\u{10010}]{1,4}", any::<i32>(), 0..30), seed in any::<u64>()) {
        let write = |pairs: &[(&String, &i32)]| {
            let inner: Vec<String> = pairs.iter().map(|(key, value)| format!("{}:{value}", Value::from(key.as_str()))).collect();
            format!("{{{}}}", inner.join(","))
        };
        let sorted: Vec<_> = members.iter().collect();
        let mut shuffled = sorted.clone();
        shuffled.sort_by_key(|(key, _)| key.bytes().fold(seed, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte))));
        prop_assert_eq!(canonical(&write(&shuffled)), canonical(&write(&sorted)));
    }

    #[test]
    fn a_string_may_be_spelled_in_any_way(spelled in prop::collection::vec((any_char(), any::<u8>()), 0..40)) {
        let text: String = spelled.iter().map(|(char, _)| char).collect();
        let inner: String = spelled.iter().map(|(char, way)| spell(*char, *way)).collect();
        let document = format!("\"{inner}\"");
        let json = Json::parse(document.as_bytes()).unwrap();
        prop_assert_eq!(json.as_str(), Some(text.as_str()));
        let expected = serde_json_canonicalizer::to_string(&text).unwrap();
        prop_assert_eq!(canonical(&document), expected);
    }

    #[test]
    fn no_two_integers_become_one(left in any::<i128>(), right in any::<i128>()) {
        prop_assert_eq!(canonical(&left.to_string()) == canonical(&right.to_string()), left == right);
    }
}

#[test]
fn numbers_are_written_as_rfc_8785_says() {
    // RFC 8785 §3.2.2.3 and appendix B.
    check("333333333.33333329", "333333333.3333333");
    check("1E30", "1e+30");
    check("4.50", "4.5");
    check("2e-3", "0.002");
    check("0.000000000000000000000000001", "1e-27");
    check("-0.0", "0");
    check("-0", "0");
    check("1.0", "1");
    check("100e-2", "1");
    check("1e21", "1e+21");
}

#[test]
fn integers_beyond_two_to_the_53rd_keep_their_digits() {
    check("9007199254740991", "9007199254740991");
    check("9007199254740993", "9007199254740993");
    check(
        "-123456789012345678901234567890",
        "-123456789012345678901234567890",
    );
    // With a fraction or an exponent it is a double.
    check("9007199254740993.0", "9007199254740992");
}

#[test]
fn strings_are_written_as_rfc_8785_says() {
    check(
        r#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/""#,
        "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"",
    );
    check(
        r#""\ud83d\ude00\u0000\b\f\t\r\u007f""#,
        "\"😀\\u0000\\b\\f\\t\\r\u{7f}\"",
    );
}

#[test]
fn keys_are_sorted_by_utf_16_code_units() {
    // RFC 8785 §3.2.3: U+1F600 is written with surrogates, which sort before U+FB33.
    let expected = "{\"\\r\":1,\"1\":2,\"\u{80}\":3,\"ö\":4,\"€\":5,\"😀\":6,\"\u{fb33}\":7}";
    check(
        r#"{"\u20ac":5,"\r":1,"\ufb33":7,"1":2,"\ud83d\ude00":6,"\u0080":3,"\u00f6":4}"#,
        expected,
    );
}

#[test]
fn nested_objects_are_sorted_too() {
    let value = json!({"b": [{"y": 1, "x": {"d": null, "c": true}}], "a": ""});
    check(
        &value.to_string(),
        r#"{"a":"","b":[{"x":{"c":true,"d":null},"y":1}]}"#,
    );
}
