//! What was learned of endpoints.

use std::time::Duration;

use serde_json::{Value, json};
use storage::endpoint_capabilities::{CapabilityRow, load, store};

use crate::support::Bench;

const DAY: Duration = Duration::from_hours(24);

fn lesson(model: &str, abilities: Value, hours: u64) -> CapabilityRow<Value> {
    CapabilityRow {
        provider: "openai".to_owned(),
        address: "chat https://example.com/v1".to_owned(),
        model: model.to_owned(),
        abilities,
        age: Duration::from_hours(hours),
    }
}

#[tokio::test]
async fn the_last_word_counts_for_a_day() {
    let bench = Bench::migrated().await;
    let database = &bench.database;
    for (model, abilities, hours) in [
        ("a", json!({"logprobs": false}), 3),
        ("a", json!({"logprobs": true}), 1),
        ("b", json!({"streams": false}), 23),
        ("c", json!({}), 25),
    ] {
        store(database, &lesson(model, abilities, hours), DAY)
            .await
            .unwrap();
    }
    let known: Vec<CapabilityRow<Value>> = load(database, DAY, 10).await.unwrap();
    let known: Vec<(&str, &Value, u64)> = known
        .iter()
        .map(|known| (&*known.model, &known.abilities, known.age.as_secs() / 3600))
        .collect();
    assert_eq!(
        known,
        [
            ("a", &json!({"logprobs": true}), 1),
            ("b", &json!({"streams": false}), 23)
        ]
    );
    assert_eq!(load::<Value>(database, DAY, 1).await.unwrap().len(), 1);
    // What cannot be read is learned anew.
    assert!(load::<u8>(database, DAY, 10).await.unwrap().is_empty());
    // The next lesson forgets what is too old.
    store(database, &lesson("a", json!({}), 0), DAY)
        .await
        .unwrap();
    let rows = bench.row("SELECT count(*) FROM endpoints", &[]).await;
    assert_eq!(rows.get::<_, i64>(0), 2);
}
