//! What holds for any rates, estimates and times.

use super::*;

/// Small numbers without a pattern, the same in each run.
fn odd(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

#[test]
fn over_any_time_at_most_a_bucket_and_what_the_rate_gives_is_let_in() {
    for seed in 0..300 {
        let mut odd = odd(seed);
        let (rate, tokens) = (1 + odd(5_000), 1 + odd(500_000));
        let mut bench = Bench::new(u32::try_from(rate).ok(), Some(tokens), None);
        bench.workers = u32::try_from(1 + odd(9)).unwrap();
        let share = 0.5 / f64::from(bench.workers);
        let most = 1 + odd(tokens / 5 + 10);
        let pace = 1 + odd(400_000);
        let mut admitted = Vec::new();
        for _ in 0..400 {
            bench.now += Duration::from_micros(odd(pace));
            let estimate = odd(most);
            match bench.next(estimate) {
                Admission::Admitted => admitted.push((bench.now, estimate)),
                // What it said comes true, give or take some microseconds.
                Admission::Later { after } if odd(3) == 0 => {
                    bench.now += after.saturating_sub(Duration::from_micros(5));
                    if after > Duration::from_micros(10) {
                        assert_ne!(bench.next(estimate), Admission::Admitted, "{seed}");
                    }
                    bench.now += Duration::from_micros(10);
                    bench.let_in(estimate);
                    admitted.push((bench.now, estimate));
                }
                Admission::Later { .. } => {}
                Admission::Barred => panic!("{seed}: no breaker was asked"),
            }
        }
        for (first, (from, _)) in admitted.iter().enumerate() {
            let (mut calls, mut used) = (0.0, 0.0);
            for (until, estimate) in &admitted[first..] {
                calls += 1.0;
                used += *estimate as f64;
                let gives = until.duration_since(*from).as_secs_f64() / 60.0 * share;
                let bucket = (rate as f64 * share / 10.0).max(1.0);
                assert!(calls <= bucket + gives * rate as f64 + 1e-3, "{seed}");
                // An estimate above the bucket is let in by a full one.
                let bucket = (tokens as f64 * share / 10.0).max(most as f64);
                assert!(used <= bucket + gives * tokens as f64 + 1e-3, "{seed}");
            }
        }
    }
}
