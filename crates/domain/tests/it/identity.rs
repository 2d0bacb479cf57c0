//! Ids: the same for what is the same, another for everything else.

use domain::Tenant;
use domain::identity::{IdempotencyKey, Identity};
use domain::json::Json;
use proptest::prelude::*;

fn id(text: &str) -> String {
    Identity::of_payload(&Tenant::default(), &Json::parse(text.as_bytes()).unwrap())
        .id
        .to_string()
}

#[test]
fn is_the_uuid_v8_of_the_first_16_bytes_of_the_hash() {
    // printf 'default\n{"output":"x"}' | sha256sum, version and variant bits set after RFC 9562.
    assert_eq!(
        id(r#"{ "output" : "\u0078" }"#),
        "71c375c9-5a59-8025-b8e5-121e7029c1d3"
    );
}

#[test]
fn a_key_stands_in_the_place_of_the_payload() {
    let tenant = Tenant::default();
    let key = IdempotencyKey::parse("order-7").unwrap();
    let of = |text: &str| Identity::of_key(&tenant, &key, &Json::parse(text.as_bytes()).unwrap());
    let (one, other) = (of(r#"{"output":"x"}"#), of(r#"{"output":"y"}"#));
    assert_eq!(one.id, other.id);
    assert_ne!(one.digest, other.digest);
    assert_ne!(one.id.to_string(), id(r#"{"output":"x"}"#));
}

#[test]
fn tenants_never_meet() {
    let payload = Json::parse(br#"{"output":"x"}"#).unwrap();
    let other = Identity::of_payload(&Tenant::stored("other".to_owned()), &payload);
    assert_ne!(
        other.id,
        Identity::of_payload(&Tenant::default(), &payload).id
    );
}

#[test]
fn keys_are_printable_and_bounded() {
    for bad in ["", "   ", "a\nb", "ä", &"k".repeat(256)] {
        assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
    }
    assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
}

proptest! {
    #[test]
    fn another_output_is_another_evaluation(left in any::<String>(), right in any::<String>()) {
        let payload = |text: &str| serde_json::json!({"output": text}).to_string();
        prop_assert_eq!(id(&payload(&left)) == id(&payload(&right)), left == right);
    }

    #[test]
    fn carries_version_8_and_the_rfc_variant(text in any::<String>()) {
        let id = uuid::Uuid::parse_str(&id(&serde_json::json!({"output": text}).to_string())).unwrap();
        prop_assert_eq!(id.get_version_num(), 8);
        prop_assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
    }
}

#[test]
fn the_published_vectors_hold() {
    let vectors: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../../../docs/id-vectors.json")).unwrap();
    assert!(vectors.len() >= 8);
    for vector in vectors {
        let text = |name: &str| vector.get(name).and_then(serde_json::Value::as_str);
        let payload = text("payload").unwrap();
        let json = Json::parse(payload.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(json.canonical()).unwrap(),
            text("canonical").unwrap(),
            "{payload}"
        );
        let identity = match text("idempotency_key") {
            Some(key) => Identity::of_key(
                &Tenant::default(),
                &IdempotencyKey::parse(key).unwrap(),
                &json,
            ),
            None => Identity::of_payload(&Tenant::default(), &json),
        };
        assert_eq!(identity.id.to_string(), text("id").unwrap(), "{payload}");
        assert!(domain::submission::parse(&json).is_ok(), "{payload}");
    }
}
