//! The work streams.

use std::time::{Duration, Instant};

use domain::Priority;
use local_stack::eventually;
use queue::Error;
use queue::stream::{Entry, Window};
use tokio::time::timeout;

use crate::support::{Bench, Private, SOON, entries, entry, names, take, told};

const NOW: Priority = Priority::Interactive;
const BLOCK: Duration = Duration::from_millis(200);

#[tokio::test]
async fn entries_come_out_as_they_went_in_and_are_gone_once_dismissed() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("one", BLOCK).unwrap();
    let mut sent = entries(3);
    sent[1].traceparent =
        Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    bench.redis.publish(NOW, &sent).await.unwrap();
    let first = take(&reader, 2).await.unwrap();
    assert_eq!(told(&first), sent[..2]);
    let second = take(&reader, 2).await.unwrap();
    assert_eq!(told(&second), sent[2..]);
    assert!(take(&reader, 2).await.unwrap().is_empty());
    assert!(take(&reader, 0).await.unwrap().is_empty());

    assert_eq!(bench.redis.length(NOW).await.unwrap(), 3);
    bench.redis.dismiss(NOW, names(&first)).await.unwrap();
    assert_eq!(bench.redis.length(NOW).await.unwrap(), 1);
    bench.redis.dismiss(NOW, names(&first)).await.unwrap();
    bench.redis.dismiss(NOW, names(&second)).await.unwrap();
    bench.redis.dismiss(NOW, Vec::new()).await.unwrap();
    assert_eq!(bench.redis.length(NOW).await.unwrap(), 0);
    let pending = bench
        .cli(&["XPENDING", &bench.key("work:interactive"), "workers"])
        .await;
    assert!(pending.starts_with('0'), "{pending}");
}

#[tokio::test]
async fn each_entry_goes_to_one_consumer_and_each_priority_has_its_stream() {
    let bench = Bench::ready().await;
    let one = bench.redis.reader("one", BLOCK).unwrap();
    let other = bench.redis.reader("other", BLOCK).unwrap();
    bench.redis.publish(NOW, &entries(4)).await.unwrap();
    let mut all = told(&take(&one, 2).await.unwrap());
    all.extend(told(&take(&other, 10).await.unwrap()));
    assert_eq!(all, entries(4));
    bench
        .redis
        .publish(Priority::Batch, &[entry(9)])
        .await
        .unwrap();
    bench.redis.publish(Priority::Batch, &[]).await.unwrap();
    let waited = other.wait().await.unwrap();
    assert_eq!(told(&waited), [entry(9)]);
    assert_eq!(waited[0].priority, Priority::Batch);
}

#[tokio::test]
async fn waiting_ends_with_an_entry_or_with_its_time() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("one", BLOCK).unwrap();
    let begun = Instant::now();
    assert!(reader.wait().await.unwrap().is_empty());
    assert!(begun.elapsed() >= BLOCK);

    let patient = bench.redis.reader("patient", SOON).unwrap();
    let one = [entry(1)];
    let (waited, rung) = tokio::join!(patient.wait(), bench.redis.publish(NOW, &one));
    rung.unwrap();
    assert_eq!(told(&waited.unwrap()), one);
    assert!(begun.elapsed() < SOON);
}

#[tokio::test]
async fn entries_that_cannot_be_read_come_out_all_the_same() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("one", BLOCK).unwrap();
    let key = bench.key("work:interactive");
    let some_id = entry(1).id.to_string();
    let bad: [&[&str]; 5] = [
        &["nothing", "known"],
        &["v", "2", "id", &some_id, "tenant", "default"],
        &["id", &some_id, "tenant", "default"],
        &["v", "1", "id", "not-an-id", "tenant", "default"],
        &["v", "1", "id", &some_id],
    ];
    for fields in bad {
        bench.cli(&[&["XADD", &key, "*"], fields].concat()).await;
    }
    let good: &[&str] = &["v", "1", "id", &some_id, "tenant", "t", "unknown", "field"];
    bench.cli(&[&["XADD", &key, "*"], good].concat()).await;
    let taken = take(&reader, 10).await.unwrap();
    assert_eq!(taken.len(), 6);
    assert!(taken[..5].iter().all(|delivery| delivery.entry.is_none()));
    let read = Entry {
        tenant: "t".to_owned(),
        ..entry(1)
    };
    assert_eq!(taken[5].entry, Some(read));
    bench.redis.dismiss(NOW, names(&taken)).await.unwrap();
    assert_eq!(bench.redis.length(NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn a_lost_group_is_told_made_again_and_misses_nothing() {
    let bench = Bench::bare().await;
    let reader = bench.redis.reader("one", BLOCK).unwrap();
    bench.redis.publish(NOW, &entries(2)).await.unwrap();
    for _ in 0..2 {
        let lost = take(&reader, 5).await;
        assert!(matches!(lost, Err(Error::NoGroup)), "{lost:?}");
        let lost = bench.redis.reclaim(NOW, "one", BLOCK).await;
        assert!(matches!(lost, Err(Error::NoGroup)), "{lost:?}");
        bench.redis.ensure_groups().await.unwrap();
        bench.redis.ensure_groups().await.unwrap();
        let taken = take(&reader, 5).await.unwrap();
        assert_eq!(told(&taken), entries(2));
        bench.cli(&["DEL", &bench.key("work:interactive")]).await;
        bench.redis.publish(NOW, &entries(2)).await.unwrap();
    }
}

#[tokio::test]
async fn one_who_waits_hears_that_the_group_was_lost() {
    let private = Private::start().await;
    let reader = private.redis.reader("one", SOON).unwrap();
    let lose = async {
        eventually(SOON, async || {
            let clients = private.server.cli(&["INFO", "clients"]).await;
            clients.is_ok_and(|clients| clients.contains("blocked_clients:1"))
        })
        .await
        .unwrap();
        private.server.cli(&["FLUSHALL"]).await.unwrap();
    };
    let (waited, ()) = timeout(SOON, async { tokio::join!(reader.wait(), lose) })
        .await
        .unwrap();
    assert!(matches!(waited, Err(Error::NoGroup)), "{waited:?}");
}

#[tokio::test]
async fn the_oldest_entry_has_its_age_on_the_servers_clock() {
    let bench = Bench::ready().await;
    let windows = async || bench.redis.entry_windows().await.unwrap();
    let empty = Window {
        length: 0,
        oldest: None,
    };
    assert_eq!(windows().await, [empty, empty]);
    let seconds: u64 = bench
        .cli(&["TIME"])
        .await
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let minute_ago = format!("{}-0", (seconds - 60) * 1000);
    bench
        .cli(&[
            "XADD",
            &bench.key("work:interactive"),
            &minute_ago,
            "v",
            "1",
        ])
        .await;
    bench.redis.publish(NOW, &[entry(1)]).await.unwrap();
    let [interactive, batch] = windows().await;
    assert_eq!((interactive.length, batch), (2, empty));
    let age = interactive.oldest.unwrap();
    assert!((60..70).contains(&age.as_secs()), "{age:?}");
    bench.redis.dismiss(NOW, vec![minute_ago]).await.unwrap();
    let age = windows().await[0].oldest.unwrap();
    assert!(age < Duration::from_secs(10), "{age:?}");
}
