//! What became of cases, for people.

use super::Outcome;

/// A table; with what became of them elsewhere, that beside it.
pub(crate) fn markdown(outcomes: &[Outcome], before: Option<&[Outcome]>) -> String {
    let Some(before) = before else {
        return table(outcomes);
    };
    let mut text = "| case | before | after | |\n| --- | --- | --- | --- |\n".to_owned();
    for outcome in outcomes {
        let earlier = before.iter().find(|earlier| earlier.id == outcome.id);
        let shown = earlier.map_or_else(|| "–".to_owned(), line);
        let is_same = earlier.is_some_and(|earlier| line(earlier) == line(outcome));
        let mark = if is_same { "same" } else { "" };
        let id = &outcome.id;
        text.push_str(&format!(
            "| {id} | {shown} | {} | {mark} |\n",
            line(outcome)
        ));
    }
    text
}

/// A table of what became of cases.
fn table(outcomes: &[Outcome]) -> String {
    let mut text = "| case | outcome | score | reason | model_used | tokens in/out | cost | calls | requests | keys shared |\n\
                    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for outcome in outcomes {
        let Outcome {
            id,
            outcome: end,
            reason,
            input_tokens,
            output_tokens,
            calls,
            requests,
            keys_shared,
            ..
        } = outcome;
        text.push_str(&format!(
            "| {id} | {end} | {} | {reason}{} | {} | {input_tokens}/{output_tokens} | {} | {calls} | {requests} | {keys_shared} |\n",
            score(outcome),
            said(outcome),
            outcome.model_used.join(", "),
            outcome.cost_usd.as_deref().unwrap_or("null"),
        ));
    }
    text
}

/// All of it in one cell.
fn line(outcome: &Outcome) -> String {
    let Outcome {
        outcome: end,
        reason,
        input_tokens,
        output_tokens,
        calls,
        requests,
        keys_shared,
        ..
    } = outcome;
    let models = outcome.model_used.join(", ");
    format!(
        "{end} {} {reason}{} [{models}] {input_tokens}/{output_tokens} {}, {calls} calls, {requests} requests, {keys_shared} keys shared",
        score(outcome),
        said(outcome),
        outcome.cost_usd.as_deref().unwrap_or("null"),
    )
}

fn score(outcome: &Outcome) -> String {
    outcome
        .score
        .map_or_else(String::new, |score| format!("{score:.4}"))
}

fn said(outcome: &Outcome) -> String {
    if outcome.message.is_empty() {
        return String::new();
    }
    let words = outcome
        .message
        .replace('|', "\\|")
        .replace(['\r', '\n'], " ");
    format!(": {words}")
}
