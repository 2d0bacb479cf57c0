//! Progress.

use queue::progress::{Progress, WriteResult};

use crate::support::{Bench, id};

fn at(completed: u32) -> Progress {
    Progress {
        step: format!("call {completed} of 3"),
        completed,
        total: 3,
        message: "waiting for \u{0}a judge \u{1F600}".to_owned(),
    }
}

#[tokio::test]
async fn a_write_says_what_it_met() {
    let bench = Bench::bare().await;
    let redis = &bench.redis;
    let write = async |epoch, completed| {
        redis
            .write_progress(id(1), epoch, &at(completed))
            .await
            .unwrap()
    };
    assert_eq!(redis.read_progress(id(1)).await.unwrap(), None);
    assert_eq!(write(1, 0).await, WriteResult::Created);
    assert_eq!(write(1, 1).await, WriteResult::Updated);
    assert_eq!(write(3, 2).await, WriteResult::Updated);
    assert_eq!(write(2, 3).await, WriteResult::Stale);
    let recorded = redis.read_progress(id(1)).await.unwrap().unwrap();
    assert_eq!(recorded.progress, at(2));

    bench
        .cli(&["DEL", &bench.key(&format!("progress:{}", id(1)))])
        .await;
    assert_eq!(redis.read_progress(id(1)).await.unwrap(), None);
    assert_eq!(write(3, 2).await, WriteResult::Created);
    // Epochs are compared as numbers, not as texts.
    assert_eq!(write(10, 3).await, WriteResult::Updated);
    assert_eq!(write(9, 0).await, WriteResult::Stale);
}

#[tokio::test]
async fn progress_has_its_time_and_goes_by_itself() {
    let bench = Bench::bare().await;
    let written = bench.redis.write_progress(id(2), 1, &at(1)).await;
    assert_eq!(written.unwrap(), WriteResult::Created);
    let now: i64 = bench
        .cli(&["TIME"])
        .await
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let recorded = bench.redis.read_progress(id(2)).await.unwrap().unwrap();
    assert!((recorded.at_ms / 1000 - now).abs() < 10, "{recorded:?}");
    let key = bench.key(&format!("progress:{}", id(2)));
    let left: i64 = bench.cli(&["TTL", &key]).await.parse().unwrap();
    assert!((86_000..=86_400).contains(&left), "{left}");
}

#[tokio::test]
async fn evaluations_do_not_meet_and_an_ended_one_is_forgotten() {
    let bench = Bench::bare().await;
    for number in [1, 2] {
        let written = bench.redis.write_progress(id(number), 5, &at(1)).await;
        assert_eq!(written.unwrap(), WriteResult::Created);
    }
    bench.redis.end_progress(id(1)).await.unwrap();
    bench.redis.end_progress(id(1)).await.unwrap();
    assert_eq!(bench.redis.read_progress(id(1)).await.unwrap(), None);
    assert!(bench.redis.read_progress(id(2)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_damaged_hash_is_as_good_as_none() {
    let bench = Bench::bare().await;
    let key = bench.key(&format!("progress:{}", id(3)));
    bench
        .cli(&["HSET", &key, "epoch", "1", "step", "s", "completed", "many"])
        .await;
    assert_eq!(bench.redis.read_progress(id(3)).await.unwrap(), None);
    let written = bench.redis.write_progress(id(3), 1, &at(1)).await;
    assert_eq!(written.unwrap(), WriteResult::Updated);
    assert!(bench.redis.read_progress(id(3)).await.unwrap().is_some());
}
