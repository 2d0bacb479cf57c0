//! The application on an address of its own, and evaluations to read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::identity::Identity;
use domain::json::Json;
use domain::{EvaluationId, Priority, Tenant};
use local_stack::{TestDatabase, TestRedis};
use queue::Redis;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use service::admin::Health;
use service::backends::Backends;
use service::settings::{AuthMode, Settings};
use service::{ServiceName, http};
use status_api::{State, configure, docs, run_commands};
use storage::bulk_commands::{self, BulkKind};
use storage::evaluations::{self, NewEvaluation};
use storage::{Database, payloads, schema};
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// For whatever should happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A running application.
pub(crate) struct Bench {
    client: Client,
    pub(crate) database: Database,
    base: String,
    /// Asks it to stop.
    pub(crate) shutdown: CancellationToken,
    _redis: TestRedis,
    own_database: TestDatabase,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Bench {
    /// With what `set` changes in the settings.
    pub(crate) async fn start(set: impl FnOnce(&mut Settings)) -> Self {
        let (own_database, own_redis) = (
            TestDatabase::create().await.unwrap(),
            TestRedis::attach().unwrap(),
        );
        let options = storage::Options {
            url: own_database.url().to_owned(),

            ca_file: None,
            application_name: "status-tests",
            pool_size: 8,
            connect_timeout: SOON,
            pool_wait: SOON,
            statement_timeout: SOON,
        };
        schema::migrate(&options).await.unwrap();
        let database = Database::new(&options).unwrap();
        let redis = Redis::new(&queue::Options {
            url: own_redis.url().to_owned(),
            tls: None,
            key_prefix: own_redis.key_prefix().to_owned(),
            connect_timeout: SOON,
            command_timeout: SOON,
        });
        let mut settings = Settings::default();
        settings.auth.mode = AuthMode::Off;
        set(&mut settings);
        let backends = Backends {
            database: database.clone(),
            redis: redis.unwrap(),
        };
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let state = State::new(&Arc::new(settings), &tasks, &shutdown, backends).unwrap();
        tasks.spawn(run_commands(state.clone(), Health::new([])));
        let docs = docs().unwrap();
        let listener = http::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = move || {
            let configure = configure(state.clone(), docs.clone());
            http::app(ServiceName::StatusApi, configure)
        };
        let drain = Duration::from_secs(5);
        tasks.spawn(http::serve(
            listener,
            app,
            shutdown.clone(),
            drain,
            Some(1),
            None,
        ));
        Self {
            client: Client::builder().no_proxy().timeout(SOON).build().unwrap(),
            database,
            base,
            shutdown,
            _redis: own_redis,
            own_database,
        }
    }

    /// Stores an evaluation that waits.
    pub(crate) async fn submitted(&self, output: &str) -> EvaluationId {
        let payload = json!({ "output": output });
        self.submitted_payload(&payload, "general-quality@1").await
    }

    /// As [`Bench::submitted`], under a correlation id and with labels.
    pub(crate) async fn submitted_with(
        &self,
        correlation_id: &str,
        labels: &Value,
    ) -> EvaluationId {
        let id = self.submitted("Labelled by its sender.").await;
        let sql = "UPDATE evaluations SET correlation_id = $2, metadata = $3::text::jsonb WHERE id = $1::text::uuid";
        let (id_text, labels) = (id.to_string(), labels.to_string());
        assert_eq!(
            self.execute(sql, &[&id_text, &correlation_id, &labels])
                .await,
            1
        );
        id
    }

    /// Gives an evaluation, so many behind the newest, an assessment that cannot be read.
    pub(crate) async fn damage(&self, behind: i64) {
        let sql = "
            WITH it AS (
                UPDATE evaluations SET state = 'succeeded', outcome = 'scored', finished_at = now()
                WHERE id = (SELECT id FROM evaluations ORDER BY created_at DESC, id DESC OFFSET $1 LIMIT 1)
                RETURNING id, tenant
            )
            INSERT INTO assessments (evaluation_id, tenant, outcome, epoch, body)
            SELECT id, tenant, 'scored', 0, 'damaged' FROM it";
        assert_eq!(self.execute(sql, &[&behind]).await, 1);
    }

    /// Stores so many evaluations that wait, each with a label of so many bytes.
    pub(crate) async fn fill(&self, count: i32, bytes: i32) {
        let sql = "
            INSERT INTO evaluations (id, tenant, payload_sha256, priority, strategy, rubric, correlation_id, metadata)
            SELECT gen_random_uuid(), 'default', '', 'batch', 'direct', 'general-quality@1', 'fill',
                   jsonb_build_object('label', repeat('x', $2::int4))
            FROM generate_series(1, $1::int4)";
        let filled = self.execute(sql, &[&count, &bytes]).await;
        assert_eq!(filled, u64::from(count.unsigned_abs()));
    }

    /// Changes records, as only time or another does otherwise; says how many.
    pub(crate) async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> u64 {
        let (client, connection) = tokio_postgres::connect(self.own_database.url(), NoTls)
            .await
            .unwrap();
        tokio::select! {
            changed = client.execute(sql, params) => changed.unwrap(),
            ended = connection => panic!("the connection ended: {ended:?}"),
        }
    }

    /// As [`Bench::submitted`], with a payload of one's own that is judged by a rubric.
    pub(crate) async fn submitted_payload(&self, payload: &Value, rubric: &str) -> EvaluationId {
        let (tenant, text) = (Tenant::default(), payload.to_string());
        let json = Json::parse(text.as_bytes()).unwrap();
        let item = NewEvaluation {
            api_key: None,
            identity: Identity::of_payload(&tenant, &json),
            priority: Priority::Interactive,
            strategy: "direct",
            rubric: rubric.to_owned(),
            model: None,
            metadata: BTreeMap::new(),
            correlation_id: "test".to_owned(),
            traceparent: None,
            deadline_seconds: None,
            webhook_url: None,
            announced: false,
            payload: payloads::pack(text.as_bytes()).unwrap(),
            tenant,
        };
        let stored = evaluations::submit(&self.database, &[item]).await.unwrap();
        stored[0].id
    }

    /// A request for an evaluation, with what follows its id.
    pub(crate) fn get(&self, id: EvaluationId, more: &str) -> RequestBuilder {
        self.client
            .get(format!("{}/v1/evaluations/{id}{more}", self.base))
    }

    /// What a path answers, which has to be 200.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.get_path(path).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Asks for a path.
    pub(crate) async fn get_path(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.base);
        self.client.get(url).send().await.unwrap()
    }

    /// The items of a list.
    pub(crate) async fn items(&self, path: &str) -> Vec<Value> {
        let page: Value = self.get_path(path).await.json().await.unwrap();
        page["items"].as_array().unwrap().clone()
    }

    /// Posts JSON to a path.
    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Response {
        let url = format!("{}{path}", self.base);
        self.client.post(url).json(body).send().await.unwrap()
    }

    /// Stores a command to cancel, with filters of any names.
    pub(crate) async fn begun(&self, filters: &[(&str, &str)]) -> Uuid {
        let filters: Vec<_> = filters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let tenant = Tenant::default();
        let begun = bulk_commands::begin(&self.database, &tenant, BulkKind::Cancel, &filters, 1);
        begun.await.unwrap().id
    }

    /// Posts nothing to a path.
    pub(crate) async fn post(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.base);
        self.client.post(url).send().await.unwrap()
    }

    /// An evaluation as it is now.
    pub(crate) async fn one(&self, id: EvaluationId) -> Value {
        let answer = self.get(id, "").send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Takes an evaluation back.
    pub(crate) async fn cancel(&self, id: EvaluationId) {
        let url = format!("{}/v1/evaluations/{id}/cancel", self.base);
        let answer = self.client.post(url).send().await.unwrap();
        assert_eq!(answer.status(), 202);
    }
}

/// Checks a problem document.
pub(crate) async fn check_problem(answer: Response, what: &str, status: u16, code: &str) {
    assert_eq!(answer.status(), status, "{what}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let correlation_id = answer.headers()["x-correlation-id"].clone();
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], code, "{what}: {problem:#}");
    assert_eq!(problem["correlation_id"], correlation_id.to_str().unwrap());
}
