//! What a run showed, as Markdown.

use std::fmt::Write as _;

use anyhow::Result;

use super::cut_off::CutOff;
use super::outcome::Outcome;
use super::values::Plan;
use super::watch::Sample;

/// Everything that a run showed.
pub(crate) struct Report<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) samples: &'a [Sample],
    /// Seconds from the first post.
    pub(crate) first_assessment: f64,
    pub(crate) outcome: &'a Outcome,
    pub(crate) cut_off: Option<CutOff>,
}

impl Report<'_> {
    /// A summary, and a row for each sample.
    pub(crate) fn markdown(&self) -> Result<String> {
        let (plan, outcome) = (self.plan, self.outcome);
        let mut text = String::new();
        writeln!(
            text,
            "`autoscaling.by: {}`; {} evaluations at once and {} one by one, of {} bytes, calls of {} ms, {} to {} workers of {} slots, \
             {} s of less work before one is taken away{}.\n",
            plan.by.name(),
            plan.count,
            plan.trickle,
            plan.payload,
            plan.latency,
            plan.min_workers,
            plan.max_workers,
            plan.slots,
            plan.stabilization,
            plan.calls_per_minute.map_or_else(String::new, |n| format!(
                ", {n} calls a minute allowed by the provider"
            )),
        )?;
        writeln!(
            text,
            "- first assessment after {:.1} s\n\
             - {} posted, {} succeeded, {} failed, **{} lost**\n\
             - {} calls in the evaluations' usage, {} answered by the provider, **{} bought twice**, {} given up",
            self.first_assessment,
            outcome.posted,
            outcome.succeeded,
            outcome.failed,
            outcome.lost,
            outcome.calls,
            outcome.answered,
            outcome.bought_twice,
            outcome.given_up,
        )?;
        if let Some(cut_off) = self.cut_off {
            writeln!(
                text,
                "- no figure for the autoscaler from {:.0} s to {:.0} s: {} workers before, never fewer than {}",
                cut_off.from, cut_off.to, cut_off.workers_before, cut_off.fewest
            )?;
        }
        text.push_str("\n| s | workers | ready | wanted | waiting | running |\n");
        text.push_str("| ---: | ---: | ---: | ---: | ---: | ---: |\n");
        for sample in self.samples {
            let wanted = sample.wanted();
            writeln!(
                text,
                "| {:.0} | {} | {} | {wanted} | {} | {} |",
                sample.at,
                sample.pods.workers.asked,
                sample.pods.workers.ready,
                sample.waiting,
                sample.running
            )?;
        }
        Ok(text)
    }
}
