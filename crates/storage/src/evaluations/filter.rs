//! Which evaluations: the conditions of lists, exports and commands for all that match.
//!
//! Only the conditions that are given stand in a statement, and it is planned with their values each time: one plan for all
//! filters would read the whole of an index for the few rows that fit.

use domain::{EvaluationId, State, Tenant};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::connection::Connection;
use crate::error::Result;

/// Which evaluations; every field that is there must fit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// The state.
    pub state: Option<State>,
    /// `scored`, `abstained` or `unscorable`.
    pub outcome: Option<String>,
    /// `name@version`, or a name for all its versions.
    pub rubric: Option<String>,
    /// The strategy's name.
    pub strategy: Option<String>,
    /// The model asked for.
    pub model: Option<String>,
    /// Labels that must all be there with these values.
    pub metadata: Vec<(String, String)>,
    /// Posted after this.
    pub created_after: Option<Timestamp>,
    /// Posted before this.
    pub created_before: Option<Timestamp>,
    /// The code of the failure.
    pub error_code: Option<String>,
    /// Why there is no score.
    pub reason: Option<String>,
    /// Whether the score reaches the rubric's threshold.
    pub passed: Option<bool>,
    /// The lowest score.
    pub min_score: Option<f64>,
    /// The highest score.
    pub max_score: Option<f64>,
    /// A flag of the assessment.
    pub flag: Option<String>,
    /// Of the request that brought it.
    pub correlation_id: Option<String>,
    /// Whether people have labelled it.
    pub labelled: Option<bool>,
}

/// A place between two rows of a list. It stays valid while rows are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When the last row of a page was posted.
    pub created_at: Timestamp,
    /// Its id.
    pub id: EvaluationId,
}

/// A statement that is being written, about evaluations `e` and, where a condition asks for it, their assessments `a`.
pub(crate) struct Matching {
    conditions: Vec<String>,
    parameters: Vec<Box<dyn ToSql + Sync + Send>>,
    of_assessments: bool,
}

impl Filter {
    /// Whether it asks for something that only an assessment says.
    fn is_about_assessments(&self) -> bool {
        self.reason.is_some()
            || self.passed.is_some()
            || self.min_score.is_some()
            || self.max_score.is_some()
            || self.flag.is_some()
    }
}

impl Matching {
    /// A tenant's evaluations that fit, without those of studies.
    pub(crate) fn new(tenant: &Tenant, filter: &Filter) -> Self {
        let mut it = Self {
            conditions: Vec::new(),
            parameters: Vec::new(),
            of_assessments: filter.is_about_assessments(),
        };
        it.and("e.tenant = {}", Some(tenant.as_str().to_owned()));
        it.and_is("e.study_id IS NULL");
        // Only what failed has an error's code; said here, so that the index of failures serves.
        let has_failed = filter.error_code.as_ref().map(|_| State::Failed);
        let state = filter.state.or(has_failed).map(State::as_str);
        it.and("e.state = {}", state);
        it.and("e.outcome = {}", filter.outcome.clone());
        let rubric = match &filter.rubric {
            Some(label) if label.contains('@') => "e.rubric = {}",
            _ => "(e.rubric = {} OR starts_with(e.rubric, {} || '@'))",
        };
        it.and(rubric, filter.rubric.clone());
        it.and("e.strategy = {}", filter.strategy.clone());
        it.and("e.model = {}", filter.model.clone());
        it.and("e.error_code = {}", filter.error_code.clone());
        it.and("e.correlation_id = {}", filter.correlation_id.clone());
        if !filter.metadata.is_empty() {
            let labels = filter.metadata.iter();
            let labels: Value = labels
                .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
                .collect();
            it.and("e.metadata @> {}", Some(labels));
        }
        match filter.labelled {
            Some(true) => it.and_is("e.labelled"),
            Some(false) => it.and_is("NOT e.labelled"),
            None => {}
        }
        let posted = it.posted();
        it.and(&format!("{posted} > {{}}"), filter.created_after);
        it.and(&format!("{posted} < {{}}"), filter.created_before);
        if it.of_assessments {
            it.and("a.tenant = {}", Some(tenant.as_str().to_owned()));
            it.conditions.push("a.posted_at IS NOT NULL".to_owned());
        }
        it.and("a.reason = {}", filter.reason.clone());
        // As the predicate of its index says it: of a truth PostgreSQL does not conclude it.
        it.and("a.passed = {} AND a.passed IS NOT NULL", filter.passed);
        it.and("a.score >= {}", filter.min_score);
        it.and("a.score <= {}", filter.max_score);
        let flag = filter.flag.clone().map(|flag| vec![flag]);
        it.and("a.flags @> {} AND cardinality(a.flags) > 0", flag);
        it
    }

    /// Adds a condition, in which `{}` stands for the value, if there is one.
    pub(crate) fn and<T>(&mut self, condition: &str, value: Option<T>)
    where
        T: ToSql + Sync + Send + 'static,
    {
        if let Some(value) = value {
            self.parameters.push(Box::new(value));
            let placeholder = format!("${}", self.parameters.len());
            self.conditions.push(condition.replace("{}", &placeholder));
        }
    }

    /// Adds a condition that names no value.
    pub(crate) fn and_is(&mut self, condition: &str) {
        self.conditions.push(condition.to_owned());
    }

    /// The columns that a list is ordered by. Each order has its indexes: there is none over both tables.
    fn posted(&self) -> &'static str {
        if self.of_assessments {
            "a.posted_at"
        } else {
            "e.created_at"
        }
    }

    fn id(&self) -> &'static str {
        if self.of_assessments {
            "a.evaluation_id"
        } else {
            "e.id"
        }
    }

    fn select(&self, what: &str) -> String {
        let join = if self.of_assessments {
            "JOIN assessments a ON a.evaluation_id = e.id AND e.state = 'succeeded'"
        } else {
            ""
        };
        let conditions = self.conditions.join(" AND ");
        format!("SELECT {what} FROM evaluations e {join} WHERE {conditions}")
    }

    /// `SELECT what` of up to `most` that come after a place, the newest first.
    pub(crate) fn page(&mut self, what: &str, most: u32, after: Option<Position>) -> String {
        let (posted, id) = (self.posted(), self.id());
        if let Some(after) = after {
            self.parameters.push(Box::new(after.created_at));
            self.parameters.push(Box::new(after.id.0));
            let last = self.parameters.len();
            self.conditions
                .push(format!("({posted}, {id}) < (${}, ${last})", last - 1));
        }
        let select = self.select(what);
        format!("{select} ORDER BY {posted} DESC, {id} DESC LIMIT {most}")
    }

    /// How many there are.
    pub(crate) async fn count(&self, client: &Connection) -> Result<u64> {
        let rows = self.query(client, &self.select("count(*)")).await?;
        Ok(rows
            .first()
            .map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    /// Runs a statement that was made of this. It is not kept: after five times PostgreSQL would plan a kept one without
    /// regard to the values.
    pub(crate) async fn query(&self, client: &Connection, sql: &str) -> Result<Vec<Row>> {
        let parameters: Vec<&(dyn ToSql + Sync)> = self
            .parameters
            .iter()
            .map(|parameter| &**parameter as &(dyn ToSql + Sync))
            .collect();
        client.query(sql, &parameters).await
    }
}
