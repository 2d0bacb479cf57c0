//! A token bucket at a part of a rate, in whole numbers.

use std::time::{Duration, Instant};

use crate::limiter::{MINUTE_US, WINDOW_US};

/// One request or token in the unit of levels. With a rate of `n` a minute, a nanosecond adds `n * FINE` of them
/// before the rate is shared, so that what rounding loses is nothing.
const ONE: i128 = MINUTE_US as i128 * 1000 * FINE;
const FINE: i128 = 1_000_000;

/// How fast a bucket fills, and how much fits into it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    per_minute: i128,
    /// Among how many, each of whom gets one part of twice that number.
    workers: i128,
    capacity: i128,
}

impl Rate {
    pub(super) fn of_requests(per_minute: u64, workers: u32) -> Self {
        let mut rate = Self::of_tokens(per_minute, workers);
        rate.capacity = rate.capacity.max(ONE);
        rate
    }

    pub(super) fn of_tokens(per_minute: u64, workers: u32) -> Self {
        let mut rate = Self {
            per_minute: per_minute.into(),
            workers: workers.into(),
            capacity: 0,
        };
        rate.capacity = rate.gives(Duration::from_micros(WINDOW_US));
        rate
    }

    /// What has to be there for so many: no more than fits in.
    pub(super) fn need(&self, count: u64) -> i128 {
        (i128::from(count) * ONE).min(self.capacity)
    }

    fn gives(&self, time: Duration) -> i128 {
        let nanos = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        nanos.saturating_mul(self.per_minute).saturating_mul(FINE) / (2 * self.workers)
    }

    /// The time in which it gives so much, rounded up.
    fn time(&self, amount: i128) -> Duration {
        let a_nanosecond = self.per_minute * FINE;
        let nanos = (amount * 2 * self.workers + a_nanosecond - 1) / a_nanosecond;
        Duration::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }
}

/// What is in a bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    level: i128,
    at: Instant,
}

impl Bucket {
    /// The bucket as it is now, made empty where it is not there; none without a rate.
    pub(super) fn at(
        bucket: &mut Option<Self>,
        rate: Option<Rate>,
        now: Instant,
    ) -> Option<(&mut Self, Rate)> {
        let rate = rate?;
        let bucket = bucket.get_or_insert(Self { level: 0, at: now });
        let gained = rate.gives(now.saturating_duration_since(bucket.at));
        bucket.level = bucket.level.saturating_add(gained).min(rate.capacity);
        // Who asks took the time before the lock: of two, the later one may come first.
        bucket.at = bucket.at.max(now);
        Some((bucket, rate))
    }

    /// How long until so much is there, or the bucket is full.
    pub(super) fn wait(&self, rate: Rate, count: u64) -> Duration {
        rate.time(rate.need(count) - self.level)
    }

    pub(super) fn take(&mut self, count: u64) {
        self.level -= i128::from(count) * ONE;
    }

    /// Gives back what was reserved and not used, or takes what was used beyond.
    pub(super) fn settle(&mut self, rate: Rate, reserved: u64, used: u64) {
        let beyond = (i128::from(used) - i128::from(reserved)) * ONE;
        let least = self.level.min(-rate.capacity);
        self.level = (self.level - beyond).max(least).min(rate.capacity);
    }
}
