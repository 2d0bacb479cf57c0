//! The application on an address of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::api_key::{ApiKey, Scope};
use domain::identity::Identity;
use domain::json::Json;
use domain::{EvaluationId, Tenant};
use ingest_api::{State, configure, docs};
use local_stack::{TestDatabase, TestRedis};
use queue::Redis;
use reqwest::{Body, Client, RequestBuilder, Response};
use serde_json::Value;
use service::backends::Backends;
use service::settings::{AuthMode, Settings};
use service::{ServiceName, http};
use storage::api_keys::{self, NewKey};
use storage::evaluations::{self, CommandResult, Evaluation};
use storage::{Database, schema};
use tokio_postgres::NoTls;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// For whatever should happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A running application; it stops when this is dropped.
pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) redis: Redis,
    database: Database,
    base: String,
    tasks: TaskTracker,
    _shutdown: DropGuard,
    _redis: TestRedis,
    own_database: TestDatabase,
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
            application_name: "ingest-tests",
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
        let redis = redis.unwrap();
        let mut settings = Settings::default();
        settings.auth.mode = AuthMode::Off;
        set(&mut settings);
        let backends = Backends {
            database: database.clone(),
            redis: redis.clone(),
        };
        let tasks = TaskTracker::new();
        let state = State::new(&Arc::new(settings), &tasks, backends);
        let docs = docs().unwrap();
        let listener = http::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let app = move || {
            let configure = configure(state.clone(), docs.clone());
            http::app(ServiceName::IngestApi, configure)
        };
        let drain = Duration::from_secs(1);
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
            redis,
            database,
            base,
            tasks,
            _shutdown: shutdown.drop_guard(),
            _redis: own_redis,
            own_database,
        }
    }

    /// A post of one payload.
    pub(crate) fn post(&self, payload: &str) -> RequestBuilder {
        let post = self.client.post(format!("{}/v1/evaluations", self.base));
        post.header("content-type", "application/json")
            .body(payload.to_owned())
    }

    /// A post of many.
    pub(crate) fn batch(&self, body: impl Into<Body>) -> RequestBuilder {
        let url = format!("{}/v1/evaluations/batch", self.base);
        let post = self.client.post(url);
        post.header("content-type", "application/x-ndjson")
            .body(body)
    }

    /// A key for posting of a tenant, where keys are on.
    pub(crate) async fn key(&self, tenant: &str) -> String {
        let key = ApiKey::generate();
        let new = NewKey {
            tenant: Tenant::parse(tenant).unwrap(),
            name: "of a test".to_owned(),
            scopes: vec![Scope::Ingest],
            lasts: None,
            replaces: None,
            by: None,
            only_first: false,
        };
        let made = api_keys::create(&self.database, &key, &new).await;
        made.unwrap().unwrap();
        key.expose().to_owned()
    }

    /// Takes an evaluation back.
    pub(crate) async fn cancel(&self, tenant: &str, id: EvaluationId) {
        let tenant = Tenant::parse(tenant).unwrap();
        let cancelled = evaluations::cancel(&self.database, &tenant, id).await;
        assert_eq!(cancelled.unwrap(), CommandResult::Yes);
    }

    /// A connection of its own.
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(self.own_database.url(), NoTls)
            .await
            .unwrap();
        self.tasks.spawn(connection);
        client
    }

    /// Rows whose entry went into the stream, or is on its way.
    pub(crate) async fn announced(&self) -> i64 {
        let sql = "SELECT count(*) FROM evaluations WHERE announced_at IS NOT NULL";
        self.connect()
            .await
            .query_one(sql, &[])
            .await
            .unwrap()
            .get(0)
    }

    /// What is stored.
    pub(crate) async fn evaluation(&self, id: EvaluationId) -> Evaluation {
        let found = evaluations::find(&self.database, &Tenant::default(), id).await;
        found.unwrap().unwrap()
    }
}

/// The id that a payload has.
pub(crate) fn id_of(payload: &str) -> EvaluationId {
    let json = Json::parse(payload.as_bytes()).unwrap();
    Identity::of_payload(&Tenant::default(), &json).id
}

/// A problem document, with all that each has.
pub(crate) async fn problem(answer: Response, status: u16, code: &str) -> Value {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let correlation_id = answer.headers()["x-correlation-id"].clone();
    assert_eq!(answer.status(), status);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], code, "{problem:#}");
    assert_eq!(problem["correlation_id"], correlation_id.to_str().unwrap());
    problem
}
