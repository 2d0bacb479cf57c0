//! Figures over time: what was counted is what the record says, also when that changes later.

use std::time::Duration;

use domain::Tenant;
use jiff::Timestamp;
use storage::retention;
use storage::stats::{self, Interval, Selection, Stats, Tally};

use crate::support::{Bench, tenant};

/// Ended evaluations of every kind, `n` seconds apart, which all began in the hour that is so many before this one.
const FILL: &str = "
    WITH filled AS (
        INSERT INTO evaluations (id, tenant, payload_sha256, state, priority, strategy, rubric, model, correlation_id,
                                 created_at, finished_at, outcome, error_code)
        SELECT gen_random_uuid(), $1, '', CASE n % 4 WHEN 0 THEN 'failed' ELSE 'succeeded' END, 'batch', 'direct',
               'r@' || n % 2 + 1, CASE n % 5 WHEN 0 THEN NULL ELSE 'm' END, 't',
               at, at + make_interval(secs => 1 + n % 7),
               CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN 'unscorable' ELSE 'scored' END, CASE n % 4 WHEN 0 THEN 'poison' END
        FROM (SELECT n, date_trunc('hour', now()) - make_interval(hours => $2) + make_interval(secs => 600 + n * 0.1) AS at
              FROM generate_series(1, $3) n) times
        RETURNING id, tenant, outcome, extract(epoch FROM finished_at - created_at)::int4 AS n
    ), assessed AS (
        INSERT INTO assessments (evaluation_id, tenant, outcome, score, passed, epoch, body, criteria, criterion_scores,
                                 criterion_normalized)
        SELECT id, tenant, outcome, 0.5, CASE WHEN outcome = 'scored' THEN n > 3 END, 1, '',
               CASE WHEN outcome = 'scored' THEN ARRAY['a', 'b'] ELSE '{}' END,
               CASE WHEN outcome = 'scored' THEN ARRAY[1, NULL]::float8[] ELSE '{}' END,
               CASE WHEN outcome = 'scored' THEN ARRAY[n / 7.0, NULL]::float8[] ELSE '{}' END
        FROM filled WHERE outcome IS NOT NULL
    )
    INSERT INTO replies (evaluation_id, tenant, step, round, epoch, body, cost_nano_usd)
    SELECT id, tenant, 'judge', 1, 1, '', CASE WHEN n > 1 THEN n * 1000 END FROM filled";

async fn fill(bench: &Bench, hours_ago: i32, count: i32) {
    let tenant = Tenant::default();
    bench
        .execute(FILL, &[&tenant.as_str(), &hours_ago, &count])
        .await;
}

/// The beginning of the hour that is so many before this one, and minutes later.
fn at(hours_ago: i64, minutes: i64) -> Timestamp {
    let hour = Timestamp::now().as_second().div_euclid(3600) - hours_ago;
    Timestamp::from_second(hour * 3600 + minutes * 60).unwrap()
}

async fn load(bench: &Bench, interval: Interval, within: [Timestamp; 2]) -> Stats {
    let (tenant, all) = (Tenant::default(), Selection::default());
    stats::load(&bench.database, &tenant, &all, interval, within)
        .await
        .unwrap()
}

fn sum(stats: &Stats) -> Tally {
    let mut sum = Tally::default();
    for tally in stats.intervals.values() {
        sum.add(tally);
    }
    sum
}

/// Counts all that has changed, as if nothing had been counted just before.
async fn counted(bench: &Bench) {
    let rested = "UPDATE stats_hours SET counted_at = counted_at - interval '1 hour' WHERE changed_at <= counted_at - interval '1 hour'
                  OR changed_at > counted_at";
    assert!(stats::mark(&bench.database, Duration::ZERO).await.unwrap());
    bench.execute(rested, &[]).await;
    while stats::count_one(&bench.database).await.unwrap() {}
}

fn near(one: &Tally, other: &Tally) {
    let mut one = one.clone();
    for (name, criterion) in &mut one.criteria {
        let sum = other.criteria[name].sum;
        assert!((criterion.sum - sum).abs() < 1e-9);
        criterion.sum = sum;
    }
    assert_eq!(one, *other);
}

#[tokio::test]
async fn what_was_counted_is_what_the_record_says() {
    let bench = Bench::migrated().await;
    fill(&bench, 30, 140).await;
    let part = [at(30, 5), at(30, 55)];
    let live = sum(&load(&bench, Interval::Hour, part).await);
    assert_eq!(live.states["succeeded"], 105);
    assert_eq!(live.states["failed"], 35);
    assert_eq!(
        (live.outcomes["scored"], live.outcomes["unscorable"]),
        (70, 35)
    );
    assert_eq!(
        (live.passed + live.not_passed, live.without_columns),
        (70, 0)
    );
    assert_eq!(
        (
            live.criteria["a"].count(),
            live.criteria["b"].not_applicable
        ),
        (70, 70)
    );
    assert_eq!(
        (live.priced_calls, live.unpriced_calls, live.cost),
        (120, 20, 20 * 27_000)
    );
    let median = live.quantile(0.5).unwrap();
    assert!((median / 4.0 - 1.0).abs() < 0.05, "{median}");
    // Nothing was counted yet, and that is said.
    let before = load(&bench, Interval::Hour, [at(48, 0), at(2, 0)]).await;
    assert_eq!((before.as_of, before.intervals.len()), (None, 0));
    counted(&bench).await;
    for interval in [Interval::Hour, Interval::Day] {
        let closed = load(&bench, interval, [at(72, 0), at(2, 0)]).await;
        assert!(closed.as_of.is_some());
        assert_eq!(closed.intervals.len(), 1);
        near(&sum(&closed), &live);
    }
    let one = Selection {
        rubric: Some("r@1".to_owned()),
        model: Some("m".to_owned()),
        ..Selection::default()
    };
    let within = [at(72, 0), at(2, 0)];
    for (rubric, count) in [("r", 140), ("r@2", 70), ("r@", 0)] {
        let named = Selection {
            rubric: Some(rubric.to_owned()),
            ..Selection::default()
        };
        let tenant = Tenant::default();
        let found = stats::load(&bench.database, &tenant, &named, Interval::Hour, within);
        let states = sum(&found.await.unwrap()).states;
        assert_eq!(states.values().sum::<u64>(), count, "{rubric}");
    }
    let tenants = [Tenant::default(), tenant("another")];
    let [ours, theirs] = tenants
        .each_ref()
        .map(|tenant| stats::load(&bench.database, tenant, &one, Interval::Day, within));
    assert_eq!(sum(&ours.await.unwrap()).states.values().sum::<u64>(), 56);
    assert_eq!(theirs.await.unwrap().intervals.len(), 0);
}

#[tokio::test]
async fn a_result_that_comes_late_a_retry_and_a_removal_are_counted_in_the_end() {
    let bench = Bench::migrated().await;
    fill(&bench, 100, 4).await;
    // So that nothing has ended lately.
    let long_ago = "UPDATE evaluations SET finished_at = created_at + interval '1 second'";
    bench.execute(long_ago, &[]).await;
    counted(&bench).await;
    let old = async || sum(&load(&bench, Interval::Day, [at(200, 0), at(2, 0)]).await).states;
    assert_eq!(
        old().await,
        [("failed".to_owned(), 1), ("succeeded".to_owned(), 3)].into()
    );
    let again = "UPDATE evaluations SET state = 'running', owner = gen_random_uuid(), finished_at = NULL, error_code = NULL
                 WHERE state = 'failed'";
    bench.execute(again, &[]).await;
    counted(&bench).await;
    assert_eq!(
        old().await,
        [("running".to_owned(), 1), ("succeeded".to_owned(), 3)].into()
    );
    let ended = "UPDATE evaluations SET state = 'cancelled', owner = NULL, finished_at = now() WHERE state = 'running'";
    bench.execute(ended, &[]).await;
    counted(&bench).await;
    assert_eq!(
        old().await,
        [("cancelled".to_owned(), 1), ("succeeded".to_owned(), 3)].into()
    );
    let aged = Duration::from_secs(3600);
    let removed = retention::remove_evaluations(&bench.database, aged, 2);
    assert_eq!(removed.await.unwrap(), 2);
    counted(&bench).await;
    assert_eq!(
        old().await,
        [("cancelled".to_owned(), 1), ("succeeded".to_owned(), 1)].into()
    );
}

#[tokio::test]
async fn many_at_the_ends_are_not_counted_anew_and_the_time_says_so() {
    let bench = Bench::migrated().await;
    fill(&bench, 5, 501).await;
    fill(&bench, 3, 7).await;
    counted(&bench).await;
    let (from, to) = (at(5, 10), at(2, 0));
    let stats = load(&bench, Interval::Hour, [from, to]).await;
    assert_eq!(stats.within, [at(5, 0), to]);
    assert_eq!(sum(&stats).states.values().sum::<u64>(), 508);
    let few = load(&bench, Interval::Hour, [at(3, 10), to]).await;
    assert_eq!(few.within, [at(3, 10), to]);
    assert_eq!(sum(&few).states.values().sum::<u64>(), 7);
    let none = load(&bench, Interval::Hour, [at(3, 11), to]).await;
    assert_eq!(none.intervals.len(), 0);
}

#[tokio::test]
async fn one_looks_for_changes_at_a_time_and_an_hour_rests_between_two_counts() {
    let bench = Bench::migrated().await;
    fill(&bench, 4, 3).await;
    let every = Duration::from_secs(60);
    assert!(stats::mark(&bench.database, every).await.unwrap());
    assert!(!stats::mark(&bench.database, every).await.unwrap());
    assert!(stats::count_one(&bench.database).await.unwrap());
    assert!(!stats::count_one(&bench.database).await.unwrap());
    let changed = "UPDATE stats_hours SET changed_at = now() + interval '1 second'";
    bench.execute(changed, &[]).await;
    assert!(!stats::count_one(&bench.database).await.unwrap());
    // Counting took a second: fifty of them have to pass.
    let took =
        "UPDATE stats_hours SET took = '1 second', counted_at = now() - interval '49 seconds'";
    bench.execute(took, &[]).await;
    assert!(!stats::count_one(&bench.database).await.unwrap());
    bench.execute(&took.replace("49", "51"), &[]).await;
    assert!(stats::count_one(&bench.database).await.unwrap());
}
