//! Breakers that all processes share.

use std::time::Duration;

use domain::Limits;
use domain::circuit::{CallOutcome, Circuit};
use domain::deployment_state::{BreakerState, RefusalReason};
use futures::future::join_all;
use queue::Redis;
use queue::circuit::{CircuitQuery, CircuitReport};
use queue::limiter::{Admission, CallEnd, Decision};

use crate::support::{Bench, request};

const CLIENTS: usize = 8;
const OF: &str = "provider:model";
const NONE: Limits = Limits {
    requests_per_minute: None,
    tokens_per_minute: None,
    concurrency: None,
};
const FAILED: Option<CallOutcome> = Some(CallOutcome::Failed);
const ANSWERED: Option<CallOutcome> = Some(CallOutcome::Answered);

async fn ask_for(
    redis: &Redis,
    limits: &Limits,
    call: &str,
    known: Option<(u32, RefusalReason)>,
) -> Decision {
    let breaker = CircuitQuery {
        deployment: OF,
        known,
    };
    let request = request(limits, call);
    redis.admit(&request, Some(&breaker)).await.unwrap()
}

async fn ask(redis: &Redis, call: &str) -> Decision {
    ask_for(redis, &NONE, call, None).await
}

async fn tell(
    redis: &Redis,
    call: &str,
    generation: Option<u64>,
    outcome: Option<CallOutcome>,
) -> Circuit {
    let end = CallEnd {
        account: "a",
        limits: &NONE,
        call,
        reserved: 0,
        used: 0,
    };
    let report = CircuitReport {
        deployment: OF,
        generation,
        outcome,
    };
    redis.settle(&end, Some(&report)).await.unwrap().unwrap()
}

/// One call, which is let in.
async fn call(redis: &Redis, call: &str, outcome: Option<CallOutcome>) -> Circuit {
    let decision = ask(redis, call).await;
    assert_eq!(decision.admission, Admission::Admitted, "{decision:?}");
    tell(
        redis,
        call,
        decision.circuit.map(|circuit| circuit.generation),
        outcome,
    )
    .await
}

impl Bench {
    async fn circuit(&self) -> Circuit {
        let circuits = self.redis.circuits(&[OF.to_owned()]).await.unwrap();
        circuits[0]
    }

    /// Opens the breaker by calls that fail.
    async fn opened(&self) -> Circuit {
        for turn in 0..20 {
            call(&self.redis, &format!("fails {turn}"), FAILED).await;
        }
        self.circuit().await
    }

    /// The time for which it is open, or its probe is waited for, is over.
    async fn is_over(&self) {
        let key = self.key(&format!("breaker:{OF}"));
        self.cli(&["HSET", &key, "until", "0"]).await;
    }

    async fn left(&self) -> Duration {
        let circuit = self.circuit().await;
        assert_eq!(circuit.state, BreakerState::Open);
        circuit.retry_after
    }
}

#[track_caller]
fn is_about(found: Duration, wanted: u64) {
    let wanted = Duration::from_secs(wanted);
    assert!(
        found <= wanted && found > wanted.saturating_sub(Duration::from_secs(3)),
        "{found:?} of {wanted:?}"
    );
}

#[tokio::test]
async fn opens_when_half_of_twenty_calls_of_all_clients_fail() {
    let bench = Bench::bare().await;
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| bench.connect()).collect();
    let mut ended = 0;
    for turn in 0..20 {
        let redis = &clients[turn % CLIENTS];
        let outcome = if turn % 2 == 0 { FAILED } else { ANSWERED };
        if turn == 19 {
            assert_eq!(bench.circuit().await.state, BreakerState::Closed);
        }
        // The last one fails, so that it is half of them.
        let outcome = if turn == 19 { FAILED } else { outcome };
        call(redis, &turn.to_string(), outcome).await;
        ended += 1;
    }
    assert_eq!(ended, 20);
    let decisions = join_all(clients.iter().map(|redis| ask(redis, "more"))).await;
    for decision in decisions {
        let circuit = decision.circuit.unwrap();
        assert_eq!(decision.admission, Admission::Barred);
        assert_eq!(
            (circuit.state, circuit.reason, circuit.openings),
            (BreakerState::Open, Some(RefusalReason::Failing), 1)
        );
        is_about(circuit.retry_after, 5);
        assert!(circuit.age.unwrap() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn counts_the_latest_half_minute_and_nothing_there_was_no_room_for() {
    let bench = Bench::bare().await;
    for turn in 0..19 {
        call(&bench.redis, &format!("old {turn}"), FAILED).await;
    }
    let key = bench.key(&format!("breaker:{OF}"));
    let kept: u64 = bench.cli(&["PTTL", &key]).await.parse().unwrap();
    assert!(kept <= 60_000, "{kept}");
    let told = bench.cli(&["HGETALL", &key]).await;
    let fields: Vec<&str> = told.lines().collect();
    for pair in fields.chunks(2).filter(|pair| pair[0].starts_with("calls")) {
        let (part, counts) = pair[1].split_once(':').unwrap();
        let older = part.parse::<u64>().unwrap() - 10;
        let counts = format!("{older}:{counts}");
        bench.cli(&["HSET", &key, pair[0], &counts]).await;
    }
    for turn in 0..19 {
        call(&bench.redis, &turn.to_string(), FAILED).await;
        let limited = Some(CallOutcome::RateLimited);
        call(&bench.redis, &format!("limited {turn}"), limited).await;
    }
    assert_eq!(bench.circuit().await.state, BreakerState::Closed);
    call(&bench.redis, "twentieth", FAILED).await;
    assert_eq!(bench.circuit().await.state, BreakerState::Open);
}

#[tokio::test]
async fn one_of_all_clients_tries_each_time_and_less_often_the_longer_it_fails() {
    let bench = Bench::bare().await;
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| bench.connect()).collect();
    let since = bench.opened().await.age.unwrap();
    for seconds in [10, 20, 40, 60, 60] {
        bench.is_over().await;
        let names: Vec<String> = (0..CLIENTS)
            .map(|number| format!("{seconds} {number}"))
            .collect();
        let asked = clients
            .iter()
            .zip(&names)
            .map(|(redis, name)| ask(redis, name));
        let decisions = join_all(asked).await;
        let probes: Vec<usize> = (0..CLIENTS)
            .filter(|number| decisions[*number].admission == Admission::Admitted)
            .collect();
        let &[probe] = probes.as_slice() else {
            panic!("{probes:?}");
        };
        for (number, decision) in decisions.iter().enumerate() {
            let circuit = decision.circuit.unwrap();
            assert_eq!(circuit.is_probe, number == probe);
            assert_eq!(circuit.state, BreakerState::HalfOpen);
            assert!(circuit.retry_after <= Duration::from_secs(1));
        }
        // The client may have sent the command twice.
        let again = ask(&clients[probe], &names[probe]).await;
        assert_eq!(again.admission, Admission::Admitted);
        let generation = decisions[probe].circuit.unwrap().generation;
        tell(&clients[probe], &names[probe], Some(generation), FAILED).await;
        is_about(bench.left().await, seconds);
    }
    assert!(bench.circuit().await.age.unwrap() >= since);
    bench.is_over().await;
    let closed = call(&bench.redis, "is back", ANSWERED).await;
    assert_eq!(
        (closed.state, closed.reason, closed.openings),
        (BreakerState::Closed, None, 0)
    );
    // What was before is forgotten.
    for turn in 0..19 {
        call(&bench.redis, &format!("again {turn}"), FAILED).await;
    }
    assert_eq!(bench.circuit().await.state, BreakerState::Closed);
}

#[tokio::test]
async fn a_key_that_is_refused_opens_it_at_once_and_a_pause_that_is_asked_for_closes_it() {
    let bench = Bench::bare().await;
    call(&bench.redis, "one", Some(CallOutcome::Unauthorized)).await;
    let circuit = bench.circuit().await;
    assert_eq!(
        (circuit.state, circuit.reason),
        (BreakerState::Open, Some(RefusalReason::Unauthorized))
    );
    bench.is_over().await;
    let limited = Some(CallOutcome::RateLimited);
    let closed = call(&bench.redis, "two", limited).await;
    assert_eq!(closed.state, BreakerState::Closed);
}

#[tokio::test]
async fn calls_from_before_it_opened_say_nothing_about_afterwards() {
    let bench = Bench::bare().await;
    let before = ask(&bench.redis, "before").await.circuit.unwrap();
    bench.opened().await;
    bench.is_over().await;
    call(&bench.redis, "probe", ANSWERED).await;
    for turn in 0..40 {
        let late = format!("late {turn}");
        tell(&bench.redis, &late, Some(before.generation), FAILED).await;
    }
    tell(&bench.redis, "local", None, FAILED).await;
    tell(&bench.redis, "local", None, Some(CallOutcome::Unauthorized)).await;
    assert_eq!(bench.circuit().await.state, BreakerState::Closed);
}

#[tokio::test]
async fn what_is_barred_takes_no_room_and_what_has_no_room_is_no_probe() {
    let bench = Bench::bare().await;
    let limits = Limits {
        concurrency: Some(1),
        ..NONE
    };
    bench.opened().await;
    let barred = ask_for(&bench.redis, &limits, "barred", None).await;
    assert_eq!(barred.admission, Admission::Barred);
    let calls = bench.key("limit:calls:a");
    assert_eq!(bench.cli(&["EXISTS", &calls]).await, "0");
    bench.cli(&["ZADD", &calls, "9e15", "-other"]).await;
    bench.is_over().await;
    let full = ask_for(&bench.redis, &limits, "full", None).await;
    assert!(
        matches!(full.admission, Admission::Later { .. }),
        "{full:?}"
    );
    bench.cli(&["DEL", &calls]).await;
    let probe = ask_for(&bench.redis, &limits, "probe", None).await;
    assert_eq!(probe.admission, Admission::Admitted);
    assert!(probe.circuit.unwrap().is_probe);
}

#[tokio::test]
async fn a_probe_that_is_broken_off_or_whose_worker_died_leaves_the_next_to_try() {
    let bench = Bench::bare().await;
    bench.opened().await;
    bench.is_over().await;
    call(&bench.redis, "broken off", None).await;
    let next = ask(&bench.redis, "next").await;
    assert!(next.circuit.unwrap().is_probe);
    assert_eq!(
        ask(&bench.redis, "other").await.admission,
        Admission::Barred
    );
    bench.is_over().await;
    let heir = ask(&bench.redis, "heir").await;
    assert!(heir.circuit.unwrap().is_probe);
    // The one that was given up counts as any other call of before.
    tell(&bench.redis, "next", Some(0), FAILED).await;
    assert_eq!(bench.circuit().await.state, BreakerState::HalfOpen);
}

#[tokio::test]
async fn a_probe_that_was_given_up_and_is_answered_after_all_closes_it() {
    let bench = Bench::bare().await;
    let opened = bench.opened().await;
    bench.is_over().await;
    let slow = ask(&bench.redis, "slow").await.circuit.unwrap();
    assert!(slow.is_probe);
    bench.is_over().await;
    let heir = ask(&bench.redis, "heir").await.circuit.unwrap();
    assert!(heir.is_probe);
    // A call of before it opened is no such probe.
    tell(&bench.redis, "of before", Some(0), ANSWERED).await;
    assert_eq!(bench.circuit().await.state, BreakerState::HalfOpen);
    assert_eq!(slow.generation, opened.generation);
    tell(&bench.redis, "slow", Some(slow.generation), ANSWERED).await;
    assert_eq!(bench.circuit().await.state, BreakerState::Closed);
}

#[tokio::test]
async fn who_knows_a_lost_breaker_as_open_tries_alone() {
    let bench = Bench::bare().await;
    let opened = bench.opened().await;
    let key = bench.key(&format!("breaker:{OF}"));
    bench.cli(&["DEL", &key]).await;
    let known = Some((opened.openings, RefusalReason::Failing));
    let probe = ask_for(&bench.redis, &NONE, "knows", known).await;
    assert!(probe.circuit.unwrap().is_probe);
    assert_eq!(
        ask(&bench.redis, "other").await.admission,
        Admission::Barred
    );
    tell(&bench.redis, "knows", Some(0), FAILED).await;
    is_about(bench.left().await, 10);
    // A clock that is set back does not keep it open.
    bench
        .cli(&["HSET", &key, "until", "9000000000000000"])
        .await;
    assert!(ask(&bench.redis, "late").await.circuit.unwrap().is_probe);
}
