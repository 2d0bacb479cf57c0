//! Numbers within their bounds.

use serde_json::Number;

use crate::judge::spread::{self, Spread};
use crate::ordered::Ordered;

/// A whole number of its range; `decide` says at which quality of which range.
pub(super) fn integer(schema: &Ordered, decide: impl FnOnce(f64, f64) -> f64) -> (Ordered, Spread) {
    let (low, high) = bounds(schema, 1.0, 5.0, 1.0);
    let step = schema
        .get("multipleOf")
        .and_then(Ordered::as_f64)
        .map_or(1.0, |step| step.ceil().max(1.0));
    let (low, high) = ((low / step).ceil() * step, (high / step).floor() * step);
    let quality = decide(low, high);
    let value = stepped(low, high, step, quality);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole by construction, saturates"
    )]
    let value = value as i64;
    let meant = (high - low).mul_add(quality, low);
    let spread = spread::numbers(low, high, step, meant, &value.to_string());
    (Ordered::Number(value.into()), spread)
}

/// A number of its range, with few decimals; with none, where the range allows it, for `whole`.
pub(super) fn number(
    name: &str,
    schema: &Ordered,
    whole: bool,
    decide: impl FnOnce(f64, f64) -> f64,
) -> (Ordered, Spread) {
    let share = ["confidence", "probability", "likelihood"].contains(&name);
    let (low, high) = if share { (0.0, 1.0) } else { (1.0, 5.0) };
    let (low, high) = bounds(schema, low, high, 0.01);
    let step = schema
        .get("multipleOf")
        .and_then(Ordered::as_f64)
        .filter(|step| *step > 0.0);
    let discrete = low.fract() == 0.0 && high.fract() == 0.0 && high - low >= 2.0;
    if whole && discrete && step.is_none() {
        return integer(schema, decide);
    }
    let quality = decide(low, high);
    let value = step.map_or_else(
        || {
            let scale = if high - low > 2.0 { 10.0 } else { 100.0 };
            let value = ((high - low).mul_add(quality, low) * scale).round() / scale;
            value.clamp(low, high)
        },
        |step| {
            stepped(
                (low / step).ceil() * step,
                (high / step).floor() * step,
                step,
                quality,
            )
        },
    );
    let value = Number::from_f64(value).map_or(Ordered::Null, Ordered::Number);
    (value, Spread::new())
}

fn stepped(low: f64, high: f64, step: f64, quality: f64) -> f64 {
    let high = high.max(low);
    let steps = ((high - low) * quality / step).round();
    steps.mul_add(step, low).min(high)
}

/// The closed range of a schema; `inside` is the distance kept from an exclusive bound.
fn bounds(schema: &Ordered, low: f64, high: f64, inside: f64) -> (f64, f64) {
    let read = |name: &str| schema.get(name).and_then(Ordered::as_f64);
    let least = read("minimum").or_else(|| read("exclusiveMinimum").map(|bound| bound + inside));
    let most = read("maximum").or_else(|| read("exclusiveMaximum").map(|bound| bound - inside));
    match (least, most) {
        (Some(least), Some(most)) => (least, most.max(least)),
        (Some(least), None) => (least, least + (high - low)),
        (None, Some(most)) => (low.min(most), most),
        (None, None) => (low, high),
    }
}
