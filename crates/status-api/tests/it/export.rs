//! Exports.

use local_stack::eventually;
use serde_json::{Value, json};

use crate::support::{Bench, SOON, check_problem};

/// More than two pages.
const MANY: usize = 120;

async fn filled() -> Bench {
    let bench = Bench::start(|_| ()).await;
    for n in 0..MANY {
        bench.submitted(&format!("One of many: {n}.")).await;
    }
    bench
}

#[tokio::test]
async fn jsonl_has_everything_that_matches_as_it_is_alone() {
    let bench = filled().await;
    let answer = bench
        .get_path("/v1/evaluations/export?status=pending")
        .await;
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let text = answer.text().await.unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), MANY);
    // Not as text: the zeros at the end of a fraction are left out.
    let mut times: Vec<jiff::Timestamp> = lines
        .iter()
        .map(|line| line["created_at"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older));
    times.dedup();
    let id = lines[60]["id"].as_str().unwrap();
    let alone = bench.get_path(&format!("/v1/evaluations/{id}")).await;
    assert_eq!(alone.json::<Value>().await.unwrap(), lines[60]);
    let none = bench.get_path("/v1/evaluations/export?status=failed").await;
    assert_eq!(none.text().await.unwrap(), "");
}

#[tokio::test]
async fn csv_has_a_row_for_each_and_no_formula() {
    let bench = Bench::start(|_| ()).await;
    let labels = json!({"formula": "=1+1", "quoted": "a \"b\", c"});
    let id = bench.submitted_with("=HYPERLINK(1)", &labels).await;
    let answer = bench
        .get_path("/v1/evaluations/export?format=csv&status=pending")
        .await;
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let text = answer.text().await.unwrap();
    let mut lines = text.split_terminator("\r\n");
    let columns: Vec<_> = lines.next().unwrap().split(',').collect();
    assert_eq!(
        columns[..5],
        ["id", "created_at", "started_at", "finished_at", "status"]
    );
    // Tokens stand in the order that JSON has them in.
    let tokens = columns.iter().filter(|name| name.ends_with("_tokens"));
    let expected = [
        "input_tokens",
        "cached_input_tokens",
        "cache_write_tokens",
        "output_tokens",
    ];
    assert!(tokens.eq(expected.iter()), "{columns:?}");
    let row = lines.next().unwrap();
    // No call, and so none that was not counted.
    assert!(row.contains(",0,,,0,0,0,0,0,0.0,"), "{row}");
    assert!(row.starts_with(&format!("{id},")), "{row}");
    assert!(row.contains(",'=HYPERLINK(1),"), "{row}");
    let metadata = r#""{""formula"":""=1+1"",""quoted"":""a \""b\"", c""}","#;
    let last = format!("{metadata}{{}},,,");
    assert!(row.ends_with(&last), "{row}");
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn what_goes_wrong_half_way_breaks_the_answer_off() {
    let bench = filled().await;
    // On the second page.
    bench.damage(60).await;
    let answer = bench.get_path("/v1/evaluations/export").await;
    assert_eq!(answer.status(), 200);
    assert!(
        answer.text().await.is_err(),
        "it does not end as if it were complete"
    );
    // On the first.
    bench.damage(0).await;
    let answer = bench.get_path("/v1/evaluations/export").await;
    check_problem(answer, "the first page", 500, "internal").await;
}

#[tokio::test]
async fn who_leaves_makes_room_for_others() {
    let bench = Bench::start(|_| ()).await;
    // More than fits into what lies between it and its reader.
    bench.fill(300, 60_000).await;
    let mut unread = Vec::new();
    for _ in 0..8 {
        let answer = bench.get_path("/v1/evaluations/export").await;
        assert_eq!(answer.status(), 200);
        unread.push(answer);
    }
    let ninth = bench.get_path("/v1/evaluations/export").await;
    assert!(ninth.headers().contains_key("retry-after"));
    check_problem(ninth, "the ninth", 503, "overloaded").await;
    unread.pop();
    let room = eventually(SOON, async || {
        match bench.get_path("/v1/evaluations/export").await {
            answer if answer.status() == 200 => Ok(answer),
            answer => Err(answer.status()),
        }
    });
    let lines = room.await.unwrap().text().await.unwrap();
    assert_eq!(lines.lines().count(), 300);
    assert_eq!(unread.len(), 7, "they are still under way");
}

#[tokio::test]
async fn an_export_that_cannot_be_meant_is_refused() {
    let bench = Bench::start(|_| ()).await;
    for query in [
        "format=xml",
        "format=",
        "limit=5",
        "statsu=failed",
        "passed=true&status=failed",
    ] {
        let answer = bench
            .get_path(&format!("/v1/evaluations/export?{query}"))
            .await;
        check_problem(answer, query, 400, "invalid_query").await;
    }
}
