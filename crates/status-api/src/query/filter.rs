//! The filters of lists, exports and commands for all that match.

use domain::State as Stage;
use domain::assessment::Outcome;
use jiff::Timestamp;
use service::http::{Parameters, wrong_parameter as wrong};
use service::problem::Problem;
use storage::evaluations::Filter;
use utoipa::IntoParams;

use super::time::time;

const KNOWN: &str = "status, outcome, rubric, strategy, model, metadata.KEY, created_after, created_before, error_code, \
                     reason, passed, min_score, max_score, flag, labelled, correlation_id";

/// What the documentation says of them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) struct FilterParameters {
    /// Where they are.
    status: Option<api::Status>,
    /// What their assessment came to.
    outcome: Option<Outcome>,
    /// `name@version`, `name@inline` or `inline`; or a name, for all its versions.
    rubric: Option<String>,
    /// The strategy's name.
    strategy: Option<String>,
    /// The judge model that was asked for.
    model: Option<String>,
    /// The label `KEY` of their `metadata`, which may be any.
    #[param(rename = "metadata.KEY")]
    metadata: Option<String>,
    /// Posted after this time.
    created_after: Option<Timestamp>,
    /// Posted before this time.
    created_before: Option<Timestamp>,
    /// Why they failed.
    error_code: Option<String>,
    /// Why they have no score.
    reason: Option<String>,
    /// Whether their score reaches the rubric's threshold.
    passed: Option<bool>,
    /// The lowest score.
    #[param(minimum = 0, maximum = 1)]
    min_score: Option<f64>,
    /// The highest score.
    #[param(minimum = 0, maximum = 1)]
    max_score: Option<f64>,
    /// A flag of their assessment.
    flag: Option<String>,
    /// Whether people have labelled them.
    labelled: Option<bool>,
    /// The correlation id of the request that brought them.
    correlation_id: Option<String>,
}

/// Reads the parameters. `take` takes those that are no filter and are called `others`, and says whether it knew one.
///
/// # Errors
/// 400 `invalid_query` that names the parameter.
pub(super) fn read(
    parameters: Parameters,
    others: &str,
    mut take: impl FnMut(&str, &str) -> Result<bool, Problem>,
) -> Result<Filter, Problem> {
    let mut filter = Filter::default();
    for (key, value) in parameters.0 {
        if !take(&key, &value)? && !set(&mut filter, &key, value)? {
            return Err(wrong(
                &key,
                &format!("is unknown; known here: {KNOWN}, {others}"),
            ));
        }
    }
    match contradiction(&filter) {
        None => Ok(filter),
        Some((one, other)) => Err(wrong(one, &format!("contradicts `{other}`"))),
    }
}

/// Whether there is a filter of that name.
fn set(filter: &mut Filter, key: &str, value: String) -> Result<bool, Problem> {
    match key {
        "status" => {
            let state = Stage::from_status(&value);
            filter.state = Some(state.ok_or_else(|| {
                wrong(
                    key,
                    "must be pending, running, succeeded, failed or cancelled",
                )
            })?);
        }
        "outcome" => {
            Outcome::parse(&value)
                .ok_or_else(|| wrong(key, "must be scored, abstained or unscorable"))?;
            filter.outcome = Some(value);
        }
        "rubric" => filter.rubric = Some(value),
        "strategy" => filter.strategy = Some(value),
        "model" => filter.model = Some(value),
        "error_code" => filter.error_code = Some(value),
        "reason" => filter.reason = Some(value),
        "flag" => filter.flag = Some(value),
        "correlation_id" => filter.correlation_id = Some(value),
        "created_after" => filter.created_after = Some(time(key, &value)?),
        "created_before" => filter.created_before = Some(time(key, &value)?),
        "passed" => filter.passed = Some(truth(key, &value)?),
        "labelled" => filter.labelled = Some(truth(key, &value)?),
        "min_score" => filter.min_score = Some(score(key, &value)?),
        "max_score" => filter.max_score = Some(score(key, &value)?),
        _ => match key.strip_prefix("metadata.") {
            Some(label) if !label.is_empty() => filter.metadata.push((label.to_owned(), value)),
            _ => return Ok(false),
        },
    }
    Ok(true)
}

pub(super) fn truth(key: &str, value: &str) -> Result<bool, Problem> {
    let truth = value.parse();
    truth.map_err(|_| wrong(key, "must be true or false"))
}

fn score(key: &str, value: &str) -> Result<f64, Problem> {
    let score = value.parse().ok();
    score
        .filter(|score| (0.0..=1.0).contains(score))
        .ok_or_else(|| wrong(key, "must be a number from 0 to 1"))
}

/// Two filters that no evaluation can fit at once.
fn contradiction(filter: &Filter) -> Option<(&'static str, &'static str)> {
    if filter.min_score > filter.max_score && filter.max_score.is_some() {
        return Some(("min_score", "max_score"));
    }
    // Two times beyond all that we can hold are both the last moment.
    let is_held = |before: Timestamp| before < Timestamp::MAX;
    if filter.created_after >= filter.created_before && filter.created_before.is_some_and(is_held) {
        return Some(("created_after", "created_before"));
    }
    let demands = demands(filter);
    demands.iter().enumerate().find_map(|(index, one)| {
        let other = demands.iter().take(index).find(|other| one.excludes(other));
        other.map(|other| (one.name, other.name))
    })
}

/// What a filter asks of an evaluation's state, and of its outcome.
struct Demand {
    name: &'static str,
    state: Stage,
    outcomes: Vec<Outcome>,
}

impl Demand {
    fn excludes(&self, other: &Self) -> bool {
        let both_have = |outcome: &Outcome| other.outcomes.contains(outcome);
        self.state != other.state
            || (self.state == Stage::Succeeded && !self.outcomes.iter().any(both_have))
    }
}

fn demands(filter: &Filter) -> Vec<Demand> {
    use Outcome::{Abstained, Scored, Unscorable};
    let any = || vec![Scored, Abstained, Unscorable];
    let outcome = filter.outcome.as_deref().and_then(Outcome::parse);
    let of_result = |name, is_given: bool, outcomes| {
        is_given.then_some(Demand {
            name,
            state: Stage::Succeeded,
            outcomes,
        })
    };
    let of_state = |name, state| Demand {
        name,
        state,
        outcomes: any(),
    };
    let has_failed = filter.error_code.as_ref().map(|_| Stage::Failed);
    [
        filter.state.map(|state| of_state("status", state)),
        has_failed.map(|state| of_state("error_code", state)),
        of_result("outcome", outcome.is_some(), outcome.into_iter().collect()),
        of_result(
            "reason",
            filter.reason.is_some(),
            vec![Abstained, Unscorable],
        ),
        of_result("passed", filter.passed.is_some(), vec![Scored]),
        of_result("min_score", filter.min_score.is_some(), vec![Scored]),
        of_result("max_score", filter.max_score.is_some(), vec![Scored]),
        of_result("flag", filter.flag.is_some(), any()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(query: &str) -> Option<String> {
        let parameters = Parameters::read(query.as_bytes()).unwrap();
        let read = read(parameters, "limit", |key, _| Ok(key == "limit"));
        read.err().map(|problem| problem.to_string())
    }

    #[test]
    fn filters_that_no_evaluation_fits_at_once_are_refused_by_name() {
        for (query, one, other) in [
            ("min_score=0.8&max_score=0.7", "min_score", "max_score"),
            (
                "created_after=2026-11-20T10:00:00Z&created_before=2026-11-20T10:00:00Z",
                "created_after",
                "created_before",
            ),
            ("status=failed&passed=true", "passed", "status"),
            ("status=pending&error_code=poison", "error_code", "status"),
            ("outcome=scored&error_code=poison", "outcome", "error_code"),
            ("outcome=scored&reason=refused", "reason", "outcome"),
            ("outcome=unscorable&min_score=0", "min_score", "outcome"),
            ("reason=refused&max_score=1", "max_score", "reason"),
            ("flag=x&status=cancelled", "flag", "status"),
        ] {
            let problem = problem(query).unwrap();
            assert!(
                problem.contains(&format!("`{one}` contradicts `{other}`")),
                "{query}: {problem}"
            );
        }
    }

    #[test]
    fn filters_that_narrow_one_another_are_taken() {
        for query in [
            "min_score=0.7&max_score=0.7",
            "status=succeeded&outcome=scored&passed=false&min_score=0&flag=order_dependent",
            "outcome=abstained&reason=no_consensus&flag=replies_unusable",
            "status=failed&error_code=poison&correlation_id=a&limit=1",
            "created_after=2026-11-20T10:00:00Z&created_before=2026-11-20T10:00:01Z",
            "created_after=9999-12-31T00:00:00Z&created_before=9999-12-31T23:59:59Z",
        ] {
            assert_eq!(problem(query), None, "{query}");
        }
    }

    #[test]
    fn a_value_that_is_none_is_refused() {
        for query in [
            "passed=yes",
            "passed=",
            "passed=TRUE",
            "labelled=2",
            "min_score=high",
            "min_score=1.1",
            "max_score=-0.1",
            "max_score=NaN",
            "min_score=inf",
            "outcome=good",
            "labeled=true",
            "max-score=1",
        ] {
            let (name, _) = query.split_once('=').unwrap();
            let problem = problem(query).unwrap();
            assert!(problem.contains(&format!("`{name}`")), "{query}: {problem}");
        }
    }
}
