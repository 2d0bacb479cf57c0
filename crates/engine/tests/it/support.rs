//! An engine, evaluations that are claimed for it, and what happens in the moment before a request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::Tenant;
use domain::identity::Identity;
use domain::json::Json;
use domain::routing::{Api, ProviderConfig, Routing};
use domain::submission;
use engine::memory::MemoryBudget;
use engine::progress::{self, ProgressWriter};
use engine::{Drain, Engine, Liveness, Options, RubricCache, SlotHold};
use futures::future::BoxFuture;
use local_stack::Stack;
use providers::{Providers, retry};
use queue::Redis;
use queue::limiter::Limiter;
use serde_json::{Value, json};
use storage::evaluations::{self, Claimed, Evaluation, NewEvaluation};
use storage::{Database, payloads, workers};
use tokio::sync::Semaphore;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
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

/// For whatever should happen soon.
const SOON: Duration = Duration::from_secs(20);

/// Servers and a simulated provider; of our services none runs.
pub(crate) struct Bench {
    stack: Stack,
    pub(crate) database: Database,
    redis: Redis,
    http: reqwest::Client,
    progress: ProgressWriter,
    tasks: TaskTracker,
    owner: Uuid,
    pub(crate) memory: MemoryBudget,
}

/// What happens before each request, which says whether the owner of the claim is alive.
pub(crate) type BeforeRequest = Box<dyn Fn(u32) -> BoxFuture<'static, bool> + Send + Sync>;

struct Scripted {
    requests: AtomicU32,
    before: BeforeRequest,
}

impl Liveness for Scripted {
    fn is_alive(&self) -> BoxFuture<'_, bool> {
        (self.before)(self.requests.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// Nothing happens before a request.
pub(crate) fn nothing() -> BeforeRequest {
    Box::new(|_| Box::pin(async { true }))
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let stack = Stack::builder()
            .ingest_replicas(0)
            .status_replicas(0)
            .workers(0)
            .start()
            .await
            .unwrap();
        let database = Database::new(&storage::Options {
            url: stack.database_url().to_owned(),
            ca_file: None,
            application_name: "engine-tests",
            pool_size: 8,
            connect_timeout: SOON,
            pool_wait: SOON,
            statement_timeout: SOON,
        });
        let redis = Redis::new(&queue::Options {
            url: stack.redis().url().to_owned(),
            tls: None,
            key_prefix: stack.key_prefix().to_owned(),
            connect_timeout: SOON,
            command_timeout: SOON,
        });
        let redis = redis.unwrap();
        let (progress, writer) = progress::start(redis.clone());
        let tasks = TaskTracker::new();
        tasks.spawn(writer);
        let owner = Uuid::now_v7();
        let (database, sharing) = database.unwrap().sharing();
        tasks.spawn(sharing);
        workers::heartbeat(&database, owner, "test", LOAD)
            .await
            .unwrap();
        Self {
            database,
            redis,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            progress,
            owner,
            memory: MemoryBudget::new(16 << 20),
            tasks,
            stack,
        }
    }

    /// An engine whose usual judge is `model`.
    pub(crate) fn engine(&self, model: &str, before: BeforeRequest) -> Engine {
        self.leaving_engine(model, before, CancellationToken::new())
    }

    /// As [`Self::engine`], that is asked to stop by `shutdown`.
    pub(crate) fn leaving_engine(
        &self,
        model: &str,
        before: BeforeRequest,
        shutdown: CancellationToken,
    ) -> Engine {
        Engine {
            database: self.database.clone(),
            rubrics: RubricCache::default(),
            providers: Providers::new(self.routing()).unwrap(),
            retries: retry::Policy {
                tries: 2,
                base: Duration::from_millis(10),
                cap: Duration::from_millis(20),
                longest_retry_after: Duration::from_secs(1),
                requeue_base: Duration::from_secs(5),
            },
            limiter: Arc::new(Limiter::new(self.redis.clone())),
            lines: Arc::default(),
            progress: self.progress.clone(),
            tasks: self.tasks.clone(),
            drain: Drain::new(shutdown, SOON),
            liveness: Arc::new(Scripted {
                requests: AtomicU32::new(0),
                before,
            }),
            options: Options {
                scoring_model: model.to_owned(),
                max_attempts: 5,
                lease: SOON,
            },
        }
    }

    fn routing(&self) -> Routing {
        let provider = ProviderConfig {
            base_url: format!("{}/v1", self.stack.mock_url()).parse().unwrap(),
            api_key: None,
            api: Api::Chat,
            headers: BTreeMap::new(),
            parameters: serde_json::Map::new(),
            max_output_tokens: None,
            connect_timeout: SOON,
            first_byte_timeout: SOON,
            chunk_timeout: SOON,
            call_timeout: SOON,
            limits: domain::Limits::default(),
            prices: BTreeMap::new(),
            tier_prices: BTreeMap::new(),
            cache_control: false,
            retry_budget: 1.0,
        };
        Routing {
            providers: BTreeMap::from([("mock".to_owned(), provider)]),
            only: Some("mock".to_owned()),
            ..Routing::default()
        }
    }

    /// Stores an evaluation and claims it, with so much time to run.
    pub(crate) async fn claimed(&self, payload: &Value, time: Duration) -> Claimed {
        let new = new_evaluation(payload);
        let id = new.identity.id;
        evaluations::submit(&self.database, &[new]).await.unwrap();
        let claimed = evaluations::claim(&self.database, self.owner, &[id], time, None).await;
        claimed.unwrap().pop().unwrap()
    }

    /// Claims once more what was given back.
    pub(crate) async fn claimed_again(&self, before: &Claimed) -> Claimed {
        let ids = [before.ownership.id];
        let claimed = evaluations::claim(&self.database, self.owner, &ids, SOON, None).await;
        claimed.unwrap().pop().unwrap()
    }

    /// Runs a claim that nobody takes away.
    pub(crate) async fn run(&self, engine: &Engine, claimed: &Claimed) {
        let memory = self.memory.reserve(claimed.payload_size as u64, false);
        let never = CancellationToken::new();
        let slot = slot();
        let run = engine.run(claimed, memory.unwrap(), &slot, &never);
        tokio::time::timeout(SOON, run).await.unwrap();
    }

    pub(crate) async fn evaluation(&self, claimed: &Claimed) -> Evaluation {
        let ownership = &claimed.ownership;
        evaluations::find(&self.database, &ownership.tenant, ownership.id)
            .await
            .unwrap()
            .unwrap()
    }

    /// The assessment of an evaluation that was judged.
    pub(crate) async fn assessment(&self, claimed: &Claimed) -> Value {
        let evaluation = self.evaluation(claimed).await;
        let error = &evaluation.error;
        let assessment = evaluation.assessment.as_ref();
        let assessment = assessment.unwrap_or_else(|| panic!("{error:?}"));
        serde_json::from_str(assessment.get()).unwrap()
    }

    /// Sets the provider: the whole of its settings.
    pub(crate) async fn mock_is(&self, settings: &Value) {
        let url = format!("{}/mock/config", self.stack.mock_url());
        let answer = self.http.put(url).json(settings).send().await.unwrap();
        answer.error_for_status().unwrap();
    }

    /// A figure of the provider.
    pub(crate) async fn mock_count(&self, name: &str) -> u64 {
        let url = format!("{}/mock/stats", self.stack.mock_url());
        let answer = self.http.get(url).send().await.unwrap();
        let stats: Value = answer.json().await.unwrap();
        stats[name].as_u64().unwrap()
    }

    /// Does, before the n-th request, what this statement says.
    pub(crate) fn executes(&self, request: u32, statement: &'static str) -> BeforeRequest {
        let url = self.stack.database_url().to_owned();
        Box::new(move |nth| {
            let url = url.clone();
            Box::pin(async move {
                if nth == request {
                    execute(&url, statement).await;
                }
                true
            })
        })
    }
}

async fn execute(url: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::select! {
        done = client.batch_execute(statement) => done.unwrap(),
        ended = connection => panic!("the connection ended: {ended:?}"),
    }
}

fn new_evaluation(payload: &Value) -> NewEvaluation {
    let (tenant, text) = (Tenant::default(), payload.to_string());
    let json = Json::parse(text.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    NewEvaluation {
        api_key: None,
        identity: Identity::of_payload(&tenant, &json),
        priority: submission.priority,
        strategy: submission.strategy.as_str(),
        rubric: "inline".to_owned(),
        model: None,
        metadata: BTreeMap::new(),
        correlation_id: "test".to_owned(),
        traceparent: None,
        deadline_seconds: None,
        webhook_url: None,
        announced: false,
        payload: payloads::pack(text.as_bytes()).unwrap(),
        tenant,
    }
}

/// A slot that is not given up: there is no place to wait without one.
pub(crate) fn slot() -> SlotHold {
    let slots = Arc::new(Semaphore::new(1));
    let slot = Arc::clone(&slots).try_acquire_owned().unwrap();
    SlotHold::new(slot, slots)
}

/// Something to be judged by one criterion.
pub(crate) fn candidate(output: &str) -> Value {
    json!({"output": output, "rubric": {"criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}]}})
}

/// The same by two debaters and a moderator, who agree on nothing.
pub(crate) fn debate(output: &str, rounds: u32) -> Value {
    let mut payload = candidate(output);
    payload["strategy"] =
        json!({"kind": "debate", "models": ["a", "b"], "moderator": "chair", "rounds": rounds});
    payload
}

/// What the debaters and their moderator say.
pub(crate) fn discord() -> Vec<Value> {
    vec![replies("a", 1), replies("b", 5), replies("chair", 4)]
}

/// A rule: this model gives the one criterion this score.
pub(crate) fn replies(model: &str, score: u32) -> Value {
    let text = json!({
        "criteria": {"merit": {"rationale": "It says so.", "evidence": [], "score": score}},
        "summary": "So be it.", "moved_by": null, "consensus": true,
    });
    json!({"fault": "reply", "model": model, "text": text})
}
