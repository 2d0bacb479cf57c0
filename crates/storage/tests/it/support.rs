//! A migrated database, and evaluations to put into it.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::assessment::{Assessment, Outcome, ReasonCode};
use domain::failure::{Failure, FailureCode};
use domain::identity::Identity;
use domain::json::Json;
use domain::plan::{Plan, ReaderVersion, SoloPlan, StrategyPlan};
use domain::rubric::builtin;
use domain::timeline::Cause;
use domain::{EvaluationId, Priority, State, Tenant};
use local_stack::TestDatabase;
use storage::evaluations::{self, Backoff, Claimed, NewEvaluation, Swept};
use storage::replies::{self, Cost, PaidReply};
use storage::{Database, Options, Ownership, inputs, payloads, schema, workers};
use tokio::task::JoinSet;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row};
use uuid::Uuid;

/// A worker with plenty of room.
const LOAD: workers::Load = workers::Load {
    every: Duration::from_secs(10),
    lease: Duration::from_secs(600),
    slots: 10,
    taken: 0,
    free_memory: 1 << 20,
    needs: domain::MemoryNeeds {
        fixed: 64,
        copies: 3,
        max: 1 << 20,
    },
    tenant_slots: None,
};

/// Longer than any test.
pub(crate) const LEASE: Duration = Duration::from_secs(600);
/// What it does not matter for.
static NO_CAUSE: Cause = Cause {
    reason: None,
    step: None,
    class: None,
    status: None,
    attempts: Vec::new(),
};

/// How long an evaluation may take.
pub(crate) const BOUND: Duration = Duration::from_secs(1800);

/// A database of one's own: the one under test, and a connection that looks behind it.
pub(crate) struct Bench {
    pub(crate) database: Database,
    sql: Client,
    options: Options,
    _connection: JoinSet<()>,
    own: TestDatabase,
}

impl Bench {
    pub(crate) async fn empty() -> Self {
        let own = TestDatabase::create().await.unwrap();
        let options = Options {
            url: own.url().to_owned(),

            ca_file: None,
            application_name: "storage-tests",
            pool_size: 8,
            connect_timeout: Duration::from_secs(5),
            pool_wait: Duration::from_secs(20),
            statement_timeout: Duration::from_secs(20),
        };
        let (sql, connection) = tokio_postgres::connect(own.url(), NoTls).await.unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { drop(connection.await) });
        Self {
            database: Database::new(&options).unwrap(),
            sql,
            options,
            _connection: tasks,
            own,
        }
    }

    pub(crate) async fn migrated() -> Self {
        let bench = Self::empty().await;
        schema::migrate(&bench.options).await.unwrap();
        bench
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn database_name(&self) -> &str {
        self.own.name()
    }

    pub(crate) async fn execute(&self, query: &str, params: &[&(dyn ToSql + Sync)]) -> u64 {
        self.sql.execute(query, params).await.unwrap()
    }

    pub(crate) async fn row(&self, query: &str, params: &[&(dyn ToSql + Sync)]) -> Row {
        self.sql.query_one(query, params).await.unwrap()
    }

    pub(crate) async fn count(&self, condition: &str) -> i64 {
        let query = format!("SELECT count(*) FROM {condition}");
        self.row(&query, &[]).await.get(0)
    }

    /// Everything that the database holds on an evaluation, as text: equal before and after means unchanged.
    pub(crate) async fn everything(&self, id: EvaluationId) -> String {
        const SQL: &str = "
            SELECT concat_ws('|',
                (SELECT e::text FROM evaluations e WHERE id = $1),
                (SELECT string_agg(p::text, ',') FROM plans p WHERE evaluation_id = $1),
                (SELECT string_agg(r::text, ',' ORDER BY step) FROM replies r WHERE evaluation_id = $1),
                (SELECT string_agg(a::text, ',') FROM assessments a WHERE evaluation_id = $1),
                (SELECT string_agg(v::text, ',' ORDER BY seq) FROM events v WHERE evaluation_id = $1))";
        self.row(SQL, &[&id.0]).await.get(0)
    }

    pub(crate) async fn state(&self, id: EvaluationId) -> State {
        let row = self
            .row("SELECT state FROM evaluations WHERE id = $1", &[&id.0])
            .await;
        State::parse(row.get(0)).unwrap()
    }

    /// Submits evaluations that have to be new.
    pub(crate) async fn submitted(&self, items: &[NewEvaluation]) -> Vec<EvaluationId> {
        let answers = evaluations::submit(&self.database, items).await.unwrap();
        assert!(answers.iter().all(|answer| answer.created));
        answers.iter().map(|answer| answer.id).collect()
    }

    /// A worker that is alive.
    pub(crate) async fn worker(&self) -> Uuid {
        let id = Uuid::now_v7();
        workers::heartbeat(&self.database, id, "test", LOAD)
            .await
            .unwrap();
        id
    }

    /// As another worker that is alive does.
    pub(crate) async fn sweep(&self, lease: Duration, most: u32) -> Vec<Swept> {
        let by = self.worker().await;
        evaluations::sweep(&self.database, by, lease, most)
            .await
            .unwrap()
    }

    pub(crate) async fn claim(&self, owner: Uuid, ids: &[EvaluationId]) -> Vec<Claimed> {
        evaluations::claim(&self.database, owner, ids, BOUND, None)
            .await
            .unwrap()
    }

    /// Its owner gives an evaluation back, with nothing counted against it; whether it still was its owner.
    pub(crate) async fn give_back(&self, ownership: &Ownership) -> bool {
        let cause = Cause::default();
        let given =
            evaluations::requeue_uncharged(&self.database, ownership, Duration::ZERO, &cause);
        given.await.unwrap()
    }

    /// One evaluation of the default tenant, held by a worker that is alive.
    pub(crate) async fn held(&self, text: &str) -> Ownership {
        let ids = self.submitted(&[item(text)]).await;
        let owner = self.worker().await;
        self.claim(owner, &ids).await.remove(0).ownership
    }

    /// Its replies, as a claim begins with them.
    pub(crate) async fn replies_of(
        &self,
        ownership: &Ownership,
        newest: u16,
    ) -> storage::Result<replies::Stored<String>> {
        let mut inputs = inputs::load(&self.database, &ownership.tenant, ownership.id, 0).await?;
        inputs.replies(newest)
    }

    /// Makes a worker one that has not been heard of for a day.
    pub(crate) async fn silence(&self, worker: Uuid) {
        let sql = "UPDATE workers SET heartbeat_at = now() - interval '1 day' WHERE id = $1";
        self.execute(sql, &[&worker]).await;
    }
}

pub(crate) fn tenant(name: &str) -> Tenant {
    Tenant::stored(name.to_owned())
}

/// An evaluation of the default tenant; different texts are different evaluations.
pub(crate) fn item(text: &str) -> NewEvaluation {
    item_of(&Tenant::default(), text)
}

pub(crate) fn item_of(tenant: &Tenant, text: &str) -> NewEvaluation {
    let payload = serde_json::json!({ "output": text }).to_string();
    let json = Json::parse(payload.as_bytes()).unwrap();
    NewEvaluation {
        api_key: None,
        identity: Identity::of_payload(tenant, &json),
        tenant: tenant.clone(),
        priority: Priority::Interactive,
        strategy: "direct",
        rubric: "general-quality@1".to_owned(),
        model: None,
        metadata: BTreeMap::new(),
        correlation_id: "test".to_owned(),
        traceparent: None,
        deadline_seconds: None,
        webhook_url: None,
        announced: false,
        payload: payloads::pack(payload.as_bytes()).unwrap(),
    }
}

pub(crate) fn items(prefix: &str, count: usize) -> Vec<NewEvaluation> {
    (0..count).map(|n| item(&format!("{prefix} {n}"))).collect()
}

pub(crate) fn plan() -> Plan {
    Plan {
        version: Plan::VERSION,
        strategy: StrategyPlan::Direct(SoloPlan::default()),
        prompt_version: "direct-1".to_owned(),
        reader: ReaderVersion::CURRENT,
        rubric_label: "general-quality@1".to_owned(),
        rubric: builtin::all()[0].rubric.clone(),
        model: "a-judge".to_owned(),
        temperature: None,
        nonce: "0".repeat(32),
        seed: 7,
        routes: BTreeMap::new(),
    }
}

pub(crate) fn assessment(detail: &str) -> Assessment {
    Assessment {
        outcome: Outcome::Unscorable,
        reason: Some(ReasonCode::Refused),
        detail: Some(detail.to_owned()),
        score: None,
        passed: None,
        criteria: Vec::new(),
        preference: None,
        uncertainty: None,
        judges: Vec::new(),
        flags: Vec::new(),
        model_requested: "a-judge".to_owned(),
        model_used: vec!["a-judge-2".to_owned()],
        prompt_version: "direct-1".to_owned(),
        service_tiers: Vec::new(),
        cascade: None,
    }
}

pub(crate) fn failure(message: &str) -> Failure {
    Failure {
        code: FailureCode::ProviderRejected,
        message: message.to_owned(),
    }
}

/// Commits one reply.
pub(crate) async fn commit(
    database: &Database,
    ownership: &Ownership,
    step: &str,
    reply: &str,
    cost: Cost,
) -> storage::Result<bool> {
    let reply = reply.to_owned();
    let bought = PaidReply {
        step,
        reply: &reply,
        cost,
        request: None,
    };
    replies::commit(database, ownership, 1, &[bought]).await
}

/// A reply of the first round.
pub(crate) fn committed(step: &str, reply: &str) -> replies::Committed<String> {
    replies::Committed {
        step: step.to_owned(),
        round: 1,
        reply: reply.to_owned(),
    }
}

/// A handled failure, of `most` allowed ones.
pub(crate) fn aside(delay: Duration, reason: &str, (failures, most): (u32, u32)) -> Backoff<'_> {
    Backoff {
        delay,
        reason,
        cause: &NO_CAUSE,
        failures,
        most,
    }
}
