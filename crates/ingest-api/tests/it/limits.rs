//! What one tenant may ask for, and that another has its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::identity::Identity;
use domain::json::Json;
use domain::{EvaluationId, Tenant};
use futures::future::join_all;
use futures::stream;
use local_stack::eventually;
use reqwest::{Body, Response};
use serde_json::{Value, json};
use service::settings::{AuthMode, Settings};
use tokio::task::JoinSet;

use crate::support::{Bench, SOON, problem};

async fn start(set: impl FnOnce(&mut Settings)) -> Bench {
    Bench::start(|settings| {
        settings.auth.mode = AuthMode::Keys;
        set(settings);
    })
    .await
}

fn candidate(text: &str) -> String {
    json!({"output": text}).to_string()
}

async fn post(bench: &Bench, key: &str, payload: &str) -> Response {
    let post = bench.post(payload).bearer_auth(key);
    post.send().await.unwrap()
}

fn field(answer: &Response, name: &str) -> String {
    let value = answer.headers().get(name);
    value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

async fn is_let_in_again(bench: &Bench, key: &str) {
    let later = async || match post(bench, key, &candidate("later"))
        .await
        .status()
        .as_u16()
    {
        202 => Ok(()),
        status => Err(status),
    };
    eventually(SOON, later).await.unwrap();
}

#[tokio::test]
async fn requests_beyond_a_tenants_second_are_refused_and_say_when_to_come_back() {
    let bench = start(|settings| settings.limits.requests_per_second = 3).await;
    let (a, b) = (bench.key("a").await, bench.key("b").await);
    let answer = post(&bench, &a, &candidate("the first")).await;
    assert_eq!(answer.status(), 202);
    assert!(field(&answer, "ratelimit-policy").starts_with("\"requests\";q=3;w=1, "));
    assert!(field(&answer, "ratelimit").starts_with("\"requests\";r=2;t=1, "));
    // Also what is refused for another reason counts. Three in each second of a few are answered.
    let answers = join_all((0..60).map(|_| post(&bench, &a, "{"))).await;
    let (refused, answered): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer.status() == 429);
    assert!(refused.len() >= 30, "only {} refused", refused.len());
    assert!(answered.iter().all(|answer| answer.status() == 400));
    for answer in refused {
        assert_eq!(field(&answer, "retry-after"), "1");
        assert!(field(&answer, "ratelimit").contains("\"requests\";r=0;t=1"));
        problem(answer, 429, "rate_limited").await;
    }
    assert_eq!(
        post(&bench, &b, &candidate("another's")).await.status(),
        202
    );
    is_let_in_again(&bench, &a).await;
    // So does who may not post.
    let c = bench.key("c").await;
    let reads = "UPDATE api_keys SET scopes = '{read}' WHERE tenant = 'c'";
    bench.connect().await.batch_execute(reads).await.unwrap();
    let refused = post(&bench, &c, &candidate("by a reader")).await;
    assert!(field(&refused, "ratelimit").starts_with("\"requests\";r=2;t=1, "));
    problem(refused, 403, "forbidden").await;
}

#[tokio::test]
async fn who_has_sent_too_many_bytes_waits_and_a_batch_is_read_more_slowly() {
    let bench = start(|settings| settings.limits.bytes_per_second = 20_000).await;
    let (a, b) = (bench.key("a").await, bench.key("b").await);
    // Taken whole, although it is more than a second brings.
    let large = candidate(&"long ".repeat(20_000));
    assert_eq!(post(&bench, &a, &large).await.status(), 202);
    let refused = post(&bench, &a, &candidate("small")).await;
    let after: u64 = field(&refused, "retry-after").parse().unwrap();
    assert!((3..=5).contains(&after), "{after}");
    assert!(field(&refused, "ratelimit").contains("\"bytes\";r=0;t="));
    problem(refused, 429, "rate_limited").await;
    // A group is a hundred lines.
    let lines: String = (0..250)
        .map(|n| candidate(&format!("{n} {}", "x".repeat(160))) + "\n")
        .collect();
    let began = Instant::now();
    let answer = bench.batch(lines).bearer_auth(&b).send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert_eq!(text.matches("\"created\":true").count(), 250, "{text}");
    // What is beyond the first second's 20,000 bytes took time.
    assert!(
        began.elapsed() > Duration::from_millis(300),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn bytes_of_what_is_refused_or_no_line_count_too() {
    let bench = start(|settings| {
        settings.limits.bytes_per_second = 20_000;
        settings.http.body_limit = 100_000;
    })
    .await;
    let [refused, blank, long] = ["refused", "blank", "long"].map(async |tenant| {
        let key = bench.key(tenant).await;
        let (post, status) = match tenant {
            "refused" => {
                // Chunked: that it is too long shows only when it has come.
                let chunk = stream::once(async { Ok::<_, std::io::Error>("x".repeat(200_000)) });
                (bench.post("").body(Body::wrap_stream(chunk)), 413)
            }
            "blank" => (bench.batch("\n".repeat(100_000)), 200),
            _ => (bench.batch("x".repeat(100_001)), 200),
        };
        let answer = post.bearer_auth(&key).send().await.unwrap();
        assert_eq!(answer.status(), status, "{tenant}");
        answer.bytes().await.unwrap();
        let then = bench.post(&candidate("then")).bearer_auth(&key);
        then.send().await.unwrap()
    });
    for answer in [refused.await, blank.await, long.await] {
        problem(answer, 429, "rate_limited").await;
    }
}

#[tokio::test]
async fn a_tenant_has_no_more_evaluations_waiting_than_it_may() {
    let bench = start(|settings| settings.limits.evaluations = 4).await;
    let (a, b) = (bench.key("a").await, bench.key("b").await);
    let text = candidate("the one that is taken back");
    assert_eq!(post(&bench, &a, &text).await.status(), 202);
    for n in 0..2 {
        assert_eq!(
            post(&bench, &a, &candidate(&n.to_string())).await.status(),
            202
        );
    }
    // Each line of a batch takes its place, or has none.
    let lines: String = (10..13).map(|n| candidate(&n.to_string()) + "\n").collect();
    let answer = bench.batch(lines).bearer_auth(&a).send().await.unwrap();
    let answer = answer.text().await.unwrap();
    let lines: Vec<Value> = answer
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["created"], true, "{answer}");
    for line in &lines[1..] {
        assert_eq!(line["error"]["code"], "rate_limited", "{answer}");
    }
    let refused = post(&bench, &a, &candidate("too many")).await;
    assert!(field(&refused, "ratelimit").ends_with("\"evaluations\";r=0;t=5"));
    assert!(field(&refused, "ratelimit-policy").ends_with("\"evaluations\";q=4"));
    assert_eq!(field(&refused, "retry-after"), "5");
    problem(refused, 429, "rate_limited").await;
    assert_eq!(
        post(&bench, &b, &candidate("another's")).await.status(),
        202
    );

    let tenant = Tenant::parse("a").unwrap();
    let id: EvaluationId = Identity::of_payload(&tenant, &Json::parse(text.as_bytes()).unwrap()).id;
    bench.cancel("a", id).await;
    is_let_in_again(&bench, &a).await;
}

#[tokio::test]
async fn a_key_is_revoked_also_while_others_have_every_connection() {
    let bench = start(|_| ()).await;
    let key = bench.key("a").await;
    // Refused for another reason, and without the database.
    let shown = async || {
        let post = bench.batch("").header("idempotency-key", "k");
        let answer = post.bearer_auth(&key).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(shown().await, 400);
    let admin = bench.connect().await;
    let lock = "BEGIN; LOCK TABLE evaluations IN ACCESS EXCLUSIVE MODE";
    admin.batch_execute(lock).await.unwrap();
    let other = bench.connect().await;
    let mut posts = JoinSet::new();
    for n in 0..8 {
        let holder = bench.key(&format!("other-{n}")).await;
        let post = bench.post(&candidate("waits")).bearer_auth(holder);
        posts.spawn(post.send());
    }
    let waiting = async || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        let waiting: i64 = other.query_one(sql, &[]).await.unwrap().get(0);
        if waiting < 8 { Err(waiting) } else { Ok(()) }
    };
    eventually(SOON, waiting).await.unwrap();
    let revoke = "UPDATE api_keys SET revoked_at = now() WHERE tenant = 'a'";
    other.batch_execute(revoke).await.unwrap();
    let refused = async || match shown().await {
        401 => Ok(()),
        status => Err(status),
    };
    eventually(Duration::from_secs(12), refused).await.unwrap();
    admin.batch_execute("ROLLBACK").await.unwrap();
    posts.shutdown().await;
}

/// How long 200 posts took, fifty a second, in ms: the middle one, and the 99th of a hundred.
async fn steady(bench: &Bench, key: &str, mark: &str) -> (f64, f64) {
    let mut took = Vec::new();
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for n in 0..200 {
        pace.tick().await;
        let begun = Instant::now();
        let answer = post(bench, key, &candidate(&format!("{mark} {n}"))).await;
        assert_eq!(answer.status(), 202, "refused beside a flood");
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

/// How a tenant's posts fare beside another's flood from 64 connections; `--nocapture` shows it. How long anything takes depends
/// on the machine, so only that none is refused is asserted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::print_stdout,
    reason = "figures, for whoever wants to see them"
)]
async fn beside_a_flood_of_one_tenant_another_goes_on() {
    for (limit, heeds) in [(0, false), (100, false), (100, true)] {
        let bench = Arc::new(start(|settings| settings.limits.requests_per_second = limit).await);
        let (noisy, quiet) = (bench.key("noisy").await, bench.key("quiet").await);
        let alone = steady(&bench, &quiet, "alone").await;
        let (taken, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let mut flood = JoinSet::new();
        for connection in 0..64 {
            let (bench, noisy) = (Arc::clone(&bench), noisy.clone());
            let (taken, refused) = (Arc::clone(&taken), Arc::clone(&refused));
            flood.spawn(async move {
                for n in 0.. {
                    let text = candidate(&format!("{connection} {n} {}", "x".repeat(2_000)));
                    let answer = post(&bench, &noisy, &text).await;
                    if answer.status() == 202 {
                        taken.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    assert_eq!(answer.status(), 429);
                    refused.fetch_add(1, Ordering::Relaxed);
                    if heeds {
                        let after: u64 = field(&answer, "retry-after").parse().unwrap();
                        tokio::time::sleep(Duration::from_secs(after)).await;
                    }
                }
            });
        }
        let begun = Instant::now();
        let beside = steady(&bench, &quiet, "beside").await;
        let seconds = begun.elapsed().as_secs_f64();
        flood.shutdown().await;
        let each_second = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / seconds;
        println!(
            "limit {limit}/s, flood {}: alone p50 {:.1} ms, p99 {:.1} ms; beside p50 {:.1} ms, p99 {:.1} ms; of the flood {:.0}/s taken, {:.0}/s refused",
            if heeds {
                "heeds Retry-After"
            } else {
                "heeds nothing"
            },
            alone.0,
            alone.1,
            beside.0,
            beside.1,
            each_second(&taken),
            each_second(&refused)
        );
    }
}
