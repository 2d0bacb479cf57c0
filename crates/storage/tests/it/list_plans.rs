//! What a list reads: no more than it shows, whatever it is asked for.
//!
//! `AUTORATER_FULL_SIZE=1` fills in a million and says how long each list takes.

use std::time::{Duration, Instant};

use domain::{State, Tenant};
use jiff::{SignedDuration, Timestamp};
use local_stack::eventually;
use storage::Database;
use storage::evaluations::{Filter, list};

use crate::support::Bench;

const MANY: i64 = 20_000;
const FULL_SIZE: i64 = 1_000_000;

/// Of the newest there are many, and what is looked for is old: all that is odd came of one bad day, long ago. One a second.
const FILL: [&str; 4] = [
    "INSERT INTO evaluations (id, tenant, payload_sha256, state, priority, strategy, rubric, metadata, correlation_id,
                              created_at, finished_at, outcome, error_code)
     SELECT gen_random_uuid(), 'default', '', CASE WHEN n > $1::int8 - 10 THEN 'failed' ELSE 'succeeded' END, 'batch',
            'direct', 'general-quality@1', jsonb_build_object('agent', 'coder', 'run', 'r' || n / 10), 'request ' || n / 3,
            now() - n * interval '1 second', now(), CASE WHEN n <= $1 - 10 THEN 'scored' END,
            CASE WHEN n > $1 - 10 THEN 'poison' END
     FROM generate_series(1, $1::int8) n",
    "UPDATE evaluations SET correlation_id = 'odd', rubric = 'odd@1'
     WHERE outcome = 'scored' AND created_at < now() - $1::int8 * interval '0.98 second'",
    "UPDATE evaluations SET outcome = 'unscorable'
     WHERE outcome = 'scored' AND created_at < now() - $1::int8 * interval '0.99 second'",
    "INSERT INTO assessments (evaluation_id, tenant, outcome, score, passed, reason, epoch, body, criteria, flags, posted_at)
     SELECT id, tenant, outcome, score, score > 0.3, CASE WHEN outcome = 'unscorable' THEN 'refused' END, 1, '', '{}',
            CASE WHEN is_old THEN '{order_dependent}' ELSE '{}' END::text[], created_at
     FROM (
         SELECT *, CASE WHEN outcome = 'unscorable' THEN NULL WHEN is_old THEN 0.1 ELSE 0.5 + random() / 2 END AS score
         FROM (SELECT *, created_at < now() - $1::int8 * interval '0.97 second' AS is_old FROM evaluations) e
         WHERE outcome IS NOT NULL
     ) e",
];

#[tokio::test]
async fn selective_filters_read_what_they_show() {
    let is_full_size = std::env::var_os("AUTORATER_FULL_SIZE").is_some();
    let many = if is_full_size { FULL_SIZE } else { MANY };
    let bench = Bench::migrated().await;
    for sql in FILL {
        assert!(bench.execute(sql, &[&many]).await > 0, "{sql}");
    }
    for table in ["evaluations", "assessments"] {
        bench.execute(&format!("VACUUM ANALYZE {table}"), &[]).await;
    }
    // What filling the tables fetched is told now, and not as that of the first list.
    bench
        .execute("SELECT pg_stat_force_next_flush()", &[])
        .await;
    let old = Timestamp::now() - SignedDuration::from_secs(many * 9 / 10);
    let of = |set: &dyn Fn(&mut Filter)| {
        let mut filter = Filter::default();
        set(&mut filter);
        filter
    };
    let run = format!("r{}", many / 10 - 1);
    let filters = [
        of(&|_| ()),
        of(&|f| f.state = Some(State::Succeeded)),
        of(&|f| f.metadata = vec![("run".to_owned(), run.clone())]),
        of(&|f| f.error_code = Some("poison".to_owned())),
        of(&|f| f.created_before = Some(old)),
        of(&|f| f.correlation_id = Some("odd".to_owned())),
        of(&|f| f.rubric = Some("odd@1".to_owned())),
        of(&|f| f.outcome = Some("unscorable".to_owned())),
        of(&|f| f.reason = Some("refused".to_owned())),
        of(&|f| f.passed = Some(false)),
        of(&|f| f.passed = Some(true)),
        of(&|f| f.flag = Some("order_dependent".to_owned())),
        of(&|f| f.max_score = Some(0.2)),
        of(&|f| f.min_score = Some(0.9)),
        of(&|f| (f.min_score, f.max_score) = (Some(0.7001), Some(0.7005))),
    ];
    for filter in filters {
        let before = fetched(&bench).await;
        let database = Database::new(bench.options()).unwrap();
        let mut times = Vec::new();
        // Often enough that PostgreSQL would have made one plan for all.
        for _ in 0..10 {
            let begun = Instant::now();
            let page = list(&database, &Tenant::default(), &filter, 10, None).await;
            times.push(begun.elapsed());
            assert!(!page.unwrap().items.is_empty(), "{filter:?}");
        }
        // With its connections their figures come in.
        drop(database);
        let read = eventually(Duration::from_secs(30), async || {
            let read = fetched(&bench).await - before;
            if read > 0 { Ok(read) } else { Err(read) }
        })
        .await
        .unwrap();
        if is_full_size {
            tell(&filter, read, times);
        } else {
            assert!(read < 10 * 700, "{read} rows read for {filter:?}");
        }
    }
}

#[expect(clippy::print_stdout, reason = "the figures that this test is for")]
fn tell(filter: &Filter, read: i64, mut times: Vec<Duration>) {
    times.sort_unstable();
    println!(
        "figure: {} rows a list, median {:?}, longest {:?}: {filter:?}",
        read / 10,
        times[5],
        times[9]
    );
}

/// How many rows of both tables were read by their indexes.
async fn fetched(bench: &Bench) -> i64 {
    let sql = "SELECT pg_stat_clear_snapshot(), sum(coalesce(idx_tup_fetch, 0))::int8 FROM pg_stat_user_tables
               WHERE relname IN ('evaluations', 'assessments')";
    bench.row(sql, &[]).await.get(1)
}
