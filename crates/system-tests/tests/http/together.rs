//! Posts that come at once are stored together, and have nothing else to do with each other.

use std::sync::Arc;

use futures::future::join_all;
use local_stack::{Stack, eventually};
use serde_json::json;

use crate::api::{Answer, Api, BOUND};

const POSTS: usize = 40;

#[tokio::test]
async fn posts_that_come_at_once_share_transactions_and_no_mistakes() {
    let stack = Stack::builder().workers(0).mock(false).start().await;
    let api = Api::of(Arc::new(stack.unwrap()));

    let answers = at_once(&api, "good").await;
    assert!(answers.iter().all(|answer| answer.status == 202));
    // How many wait when the table is unlocked depends on how quickly their bodies are read; without sharing there
    // would be one for each.
    let shared = api
        .count("SELECT count(DISTINCT xmin::text) FROM evaluations")
        .await;
    assert!(shared <= 30, "{shared} transactions of {POSTS} posts");

    sql(
        &api,
        "ALTER TABLE evaluations ADD CHECK (correlation_id <> 'bad-20')",
    )
    .await;
    let answers = at_once(&api, "bad").await;
    for (nth, answer) in answers.iter().enumerate() {
        let expected = if nth == 20 { 500 } else { 202 };
        assert_eq!(answer.status, expected, "{nth}: {}", answer.text());
    }
    let stored = api.count("SELECT count(*) FROM payloads").await;
    assert_eq!(usize::try_from(stored).unwrap(), 2 * POSTS - 1);
}

/// Posts while the table is locked, so that all of them wait when it is unlocked.
async fn at_once(api: &Api, name: &str) -> Vec<Answer> {
    let url = api.stack.database_url();
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    let posts = join_all((0..POSTS).map(|nth| {
        let id = format!("{name}-{nth}");
        let request = api.json_post().header("x-correlation-id", &id);
        api.send(request.body(json!({ "output": id }).to_string()))
    }));
    let locked = async {
        client
            .batch_execute("BEGIN; LOCK TABLE evaluations IN EXCLUSIVE MODE")
            .await
            .unwrap();
        let (answers, ()) = tokio::join!(posts, async {
            under_way(api).await;
            client.batch_execute("COMMIT").await.unwrap();
        });
        answers
    };
    tokio::select! {
        answers = locked => answers,
        ended = connection => panic!("the connection ended: {ended:?}"),
    }
}

/// Waits until all posts have reached the service.
async fn under_way(api: &Api) {
    let admin = api.stack.ingest()[0].admin_url().unwrap();
    eventually(BOUND, async || {
        let metrics = api.send(api.http.get(format!("{admin}/metrics"))).await;
        let text = String::from_utf8(metrics.body).unwrap();
        let line = format!("autorater_http_requests_in_flight{{service=\"ingest-api\"}} {POSTS}");
        if text.lines().any(|found| found == line) {
            Ok(())
        } else {
            Err(text)
        }
    })
    .await
    .unwrap();
}

async fn sql(api: &Api, statement: &str) {
    let url = api.stack.database_url();
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::select! {
        done = client.batch_execute(statement) => done.unwrap(),
        ended = connection => panic!("the connection ended: {ended:?}"),
    }
}
