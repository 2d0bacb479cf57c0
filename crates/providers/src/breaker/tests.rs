use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn failed(kind: ErrorKind) -> CallError {
    CallError::new(kind, "")
}

/// One call that ends at once.
fn call(breaker: &Breaker, error: Option<ErrorKind>, now: Instant) -> Option<Duration> {
    let error = error.map(failed);
    breaker
        .try_acquire(now)
        .unwrap()
        .report(error.as_ref(), now, 0.0)
}

fn opened(now: Instant) -> Breaker {
    let breaker = Breaker::new("p:m");
    for _ in 0..MIN_CALLS {
        call(&breaker, Some(ErrorKind::Unavailable), now);
    }
    assert_eq!(breaker.standing(now).0, BreakerState::Open);
    breaker
}

#[test]
fn opens_when_half_of_twenty_calls_fail() {
    let now = Instant::now();
    let breaker = Breaker::new("p:m");
    for _ in 0..10 {
        call(&breaker, None, now);
    }
    for _ in 0..9 {
        call(&breaker, Some(ErrorKind::TimedOut), now);
    }
    assert_eq!(breaker.standing(now).0, BreakerState::Closed);
    call(&breaker, Some(ErrorKind::Garbled), now);
    assert_eq!(breaker.standing(now).0, BreakerState::Open);
    let shut = breaker.try_acquire(now).unwrap_err();
    assert_eq!(
        (shut.retry_at, shut.reason),
        (now + FIRST_OPEN, Reason::Open)
    );
}

#[test]
fn failures_older_than_the_window_do_not_count() {
    let now = Instant::now();
    let breaker = Breaker::new("p:m");
    for _ in 0..MIN_CALLS - 1 {
        call(&breaker, Some(ErrorKind::Unavailable), now);
    }
    call(&breaker, Some(ErrorKind::Unavailable), now + WINDOW);
    assert_eq!(breaker.standing(now + WINDOW).0, BreakerState::Closed);
}

#[test]
fn answers_of_any_kind_are_no_failures() {
    let now = Instant::now();
    let breaker = Breaker::new("p:m");
    for _ in 0..100 {
        call(&breaker, Some(ErrorKind::Rejected), now);
    }
    assert_eq!(breaker.standing(now).0, BreakerState::Closed);
}

#[test]
fn one_call_tries_whether_it_is_back() {
    let now = Instant::now();
    let breaker = opened(now);
    let later = now + FIRST_OPEN;
    let probe = breaker.try_acquire(later).unwrap();
    assert_eq!(breaker.standing(later).0, BreakerState::HalfOpen);
    assert_eq!(
        breaker.try_acquire(later).unwrap_err().retry_at,
        later + PROBE_INTERVAL
    );
    assert!(!breaker.is_free(later));
    assert_eq!(probe.report(None, later, 0.0), None);
    assert_eq!(breaker.standing(later).0, BreakerState::Closed);
    // What was before is forgotten.
    call(&breaker, Some(ErrorKind::Unavailable), later);
    assert!(breaker.is_free(later));
}

#[test]
fn is_open_for_longer_each_time_up_to_a_minute() {
    let mut now = Instant::now();
    let breaker = opened(now);
    for seconds in [5, 10, 20, 40, 60, 60] {
        let shut = breaker.try_acquire(now).unwrap_err();
        assert_eq!(shut.retry_at - now, Duration::from_secs(seconds));
        now = shut.retry_at;
        call(&breaker, Some(ErrorKind::Unavailable), now);
    }
    now += MINUTE;
    call(&breaker, None, now);
    for _ in 0..MIN_CALLS - 1 {
        call(&breaker, Some(ErrorKind::Unavailable), now);
    }
    assert_eq!(
        breaker.try_acquire(now).unwrap_err().retry_at - now,
        FIRST_OPEN
    );
}

#[test]
fn a_probe_that_is_broken_off_leaves_the_next_call_to_try() {
    let now = Instant::now();
    let breaker = opened(now);
    drop(breaker.try_acquire(now + FIRST_OPEN).unwrap());
    assert!(breaker.try_acquire(Instant::now() + FIRST_OPEN).is_ok());
}

#[test]
fn calls_that_were_under_way_open_it_once() {
    let now = Instant::now();
    let breaker = Breaker::new("p:m");
    let leaves: Vec<_> = (0..40).map(|_| breaker.try_acquire(now).unwrap()).collect();
    for leave in leaves {
        leave.report(Some(&failed(ErrorKind::Unavailable)), now, 0.0);
    }
    assert_eq!(
        breaker.try_acquire(now).unwrap_err().retry_at - now,
        FIRST_OPEN
    );
}

#[test]
fn a_key_that_is_not_known_opens_it_at_once() {
    let now = Instant::now();
    let breaker = Breaker::new("p:m");
    call(&breaker, Some(ErrorKind::Unauthorized), now);
    assert_eq!(breaker.standing(now).0, BreakerState::Open);
}

#[test]
fn nobody_asks_during_a_pause_that_was_asked_for() {
    let now = Instant::now();
    let breaker = Breaker::new("p:m");
    let asked = CallError {
        retry_after: Some(MINUTE),
        ..failed(ErrorKind::RateLimited)
    };
    let pause = breaker
        .try_acquire(now)
        .unwrap()
        .report(Some(&asked), now, 0.0);
    assert_eq!(pause, Some(MINUTE));
    let shut = breaker.try_acquire(now).unwrap_err();
    assert_eq!((shut.retry_at, shut.reason), (now + MINUTE, Reason::Paused));
    assert!(!breaker.is_free(now));
    assert!(breaker.is_free(now + MINUTE));
    assert_eq!(breaker.standing(now).0, BreakerState::Paused);
}

#[test]
fn one_refusal_among_many_answers_is_about_that_call() {
    let now = Instant::now();
    let breaker = Breaker::new("p:m");
    for _ in 0..9 {
        call(&breaker, None, now);
    }
    assert_eq!(
        call(&breaker, Some(ErrorKind::RateLimited), now),
        Some(FIRST_PAUSE / 2)
    );
    assert!(breaker.is_free(now));
    for _ in 0..4 {
        call(&breaker, Some(ErrorKind::RateLimited), now);
    }
    assert!(!breaker.is_free(now));
}

#[test]
fn pauses_that_nobody_named_grow() {
    let mut now = Instant::now();
    let breaker = Breaker::new("p:m");
    let mut pauses = Vec::new();
    for _ in 0..6 {
        pauses.extend(
            call(&breaker, Some(ErrorKind::RateLimited), now).map(|pause| pause.as_millis()),
        );
        now += MINUTE;
    }
    assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 4_000]);
}

#[test]
fn it_says_whether_calls_are_made_why_not_and_since_when() {
    let now = Instant::now();
    let breaker = Breaker::new("p:m");
    assert_eq!(breaker.standing(now), (BreakerState::Closed, None, None));
    let breaker = opened(now);
    let failing = Some(RefusalReason::Failing);
    assert_eq!(
        breaker.standing(now),
        (BreakerState::Open, failing, Some(now))
    );
    // A probe that fails opens it anew; it has not been closed since.
    let later = now + FIRST_OPEN;
    assert_eq!(
        breaker.standing(later),
        (BreakerState::HalfOpen, failing, Some(now))
    );
    call(&breaker, Some(ErrorKind::Unauthorized), later);
    let unknown = Some(RefusalReason::Unauthorized);
    assert_eq!(
        breaker.standing(later),
        (BreakerState::Open, unknown, Some(now))
    );
    let back = later + MINUTE;
    call(&breaker, None, back);
    assert_eq!(
        breaker.standing(back),
        (BreakerState::Closed, None, Some(back))
    );
    call(&breaker, Some(ErrorKind::RateLimited), back);
    let limited = Some(RefusalReason::RateLimited);
    assert_eq!(
        breaker.standing(back),
        (BreakerState::Paused, limited, Some(back))
    );
    let over = back + MINUTE;
    assert_eq!(
        breaker.standing(over),
        (BreakerState::Closed, None, Some(back))
    );
}
