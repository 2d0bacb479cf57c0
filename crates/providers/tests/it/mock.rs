//! Running mock-llms and providers that reach them.

use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::circuit::CallOutcome;
use domain::plan::Deployment;
use domain::routing::{Api, Price, ProviderConfig, Routing};
use domain::timeline::WaitReason;
use domain::{Limits, Tenant};
use judging::{JudgeCall, Message, Reply, ReplyFormat, Role, StepKey};
use local_stack::MockLlm;
use providers::retry::{
    Attempt, CallFailure, CallPermit, CallRoom, CostReservation, NoRoom, Observer, Policy,
    RequestTarget, RequestTrace,
};
use providers::{CallContext, CallError, Choices, Providers};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;
use tracing::Span;

/// Bound of everything a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running mock provider.
pub(crate) struct Mock {
    mock: MockLlm,
    _logs: TempDir,
}

impl Mock {
    pub(crate) async fn start() -> Self {
        let logs = tempfile::tempdir().unwrap();
        Self {
            mock: MockLlm::start(logs.path()).await.unwrap(),
            _logs: logs,
        }
    }

    pub(crate) async fn kill(&self) {
        self.mock.kill().await.unwrap();
    }

    /// How it is reached, with prices of a million tokens in nano-dollars.
    pub(crate) fn priced(&self, input: u64, output: u64) -> ProviderConfig {
        let price = Price {
            input,
            cached_input: None,
            cache_write: None,
            output,
        };
        ProviderConfig {
            prices: [("mock-judge".to_owned(), price)].into(),
            ..self.options()
        }
    }

    /// How it is reached, with patience.
    pub(crate) fn options(&self) -> ProviderConfig {
        options_at(&format!("{}/v1", self.mock.url()))
    }

    /// Its settings for everything that follows.
    pub(crate) async fn settings(&self, settings: Value) {
        self.mock.set(&settings).await.unwrap();
    }

    /// Rules for everything that follows.
    pub(crate) async fn rules(&self, rules: Value) {
        self.mock.faults(rules).await.unwrap();
    }

    /// One rule for everything that follows.
    pub(crate) async fn rule(&self, rule: Value) {
        self.rules(json!([rule])).await;
    }

    /// A body that comes under status 200, to the letter.
    pub(crate) async fn body(&self, body: &str) {
        self.rule(json!({"fault": "status", "status": 200, "body": body}))
            .await;
    }

    /// Its requests, oldest first.
    pub(crate) async fn requests(&self) -> Vec<Value> {
        self.mock.requests().await.unwrap()
    }

    /// The body of the last request.
    pub(crate) async fn last_request(&self) -> Value {
        let requests = self.requests().await;
        serde_json::from_str(requests.last().unwrap()["body"].as_str().unwrap()).unwrap()
    }
}

/// How a provider at this address is reached, with patience.
pub(crate) fn options_at(url: &str) -> ProviderConfig {
    ProviderConfig {
        base_url: url.parse().unwrap(),
        api_key: None,
        api: Api::Chat,
        headers: std::collections::BTreeMap::new(),
        parameters: serde_json::Map::new(),
        max_output_tokens: None,
        connect_timeout: PATIENCE,
        first_byte_timeout: PATIENCE,
        chunk_timeout: PATIENCE,
        call_timeout: PATIENCE,
        limits: Limits::default(),
        prices: std::collections::BTreeMap::new(),
        tier_prices: std::collections::BTreeMap::new(),
        cache_control: false,
        retry_budget: 0.5,
    }
}

/// What is asked through providers, and every try that was made.
pub(crate) struct Desk {
    pub(crate) providers: Providers,
    pub(crate) route: Vec<Deployment>,
    pub(crate) policy: Policy,
    /// How often there is no room within limits.
    pub(crate) full: AtomicU32,
    /// The same once the next try has ended.
    pub(crate) full_later: AtomicU32,
    tried: Mutex<Vec<String>>,
    settled: Arc<Mutex<Vec<u64>>>,
    /// The most that one request may cost.
    pub(crate) money: Option<i64>,
    /// How much time the evaluation has left.
    pub(crate) time_left: Duration,
    costs: Arc<Mutex<Vec<i64>>>,
}

impl Desk {
    /// Asks the mocks in this order; they are called `a`, `b` and so on. One try each.
    pub(crate) fn at(places: impl IntoIterator<Item = ProviderConfig>) -> Self {
        let named = ["a", "b", "c"].into_iter().zip(places);
        let setup = Routing {
            providers: named
                .map(|(name, options)| (name.to_owned(), options))
                .collect(),
            ..Routing::default()
        };
        let deployment = |provider: &String| Deployment {
            provider: provider.clone(),
            model: "mock-judge".to_owned(),
            parameters: serde_json::Map::new(),
            max_output_tokens: None,
            first_byte_ms: None,
            batch_tier: None,
        };
        Self {
            route: setup.providers.keys().map(deployment).collect(),
            providers: Providers::new(setup).unwrap(),
            policy: Policy {
                tries: 1,
                base: Duration::from_millis(20),
                cap: Duration::from_millis(100),
                longest_retry_after: Duration::from_secs(5),
                requeue_base: Duration::from_secs(15),
            },
            full: AtomicU32::new(0),
            full_later: AtomicU32::new(0),
            tried: Mutex::default(),
            settled: Arc::default(),
            money: None,
            time_left: Duration::from_secs(3600),
            costs: Arc::default(),
        }
    }

    pub(crate) async fn try_to_ask(&self, call: &JudgeCall) -> Result<Reply, CallFailure> {
        let choices = self.try_to_ask_for(call, 1).await?;
        assert_eq!(choices.others, [], "one was asked for");
        Ok(choices.first)
    }

    /// Asks for several choices.
    pub(crate) async fn try_to_ask_for(
        &self,
        call: &JudgeCall,
        choices: u32,
    ) -> Result<Choices, CallFailure> {
        let context = CallContext {
            tenant: Tenant::default(),
            correlation_id: "test".to_owned(),
            idempotency_key: "test/1".to_owned(),
            ends_at: Instant::now() + self.time_left,
        };
        let providers = &self.providers;
        let wanted = NonZeroU32::new(choices).unwrap();
        providers
            .ask(call, wanted, &self.route, &context, &self.policy, self)
            .await
    }

    /// A reply, or the error that one try ended in.
    pub(crate) async fn ask(&self, call: &JudgeCall) -> Result<Reply, CallError> {
        self.try_to_ask(call).await.map_err(error)
    }

    /// The same for several choices.
    pub(crate) async fn ask_for(
        &self,
        call: &JudgeCall,
        choices: u32,
    ) -> Result<Choices, CallError> {
        self.try_to_ask_for(call, choices).await.map_err(error)
    }

    /// The tries so far as `provider:result`, and none afterwards.
    pub(crate) fn tried(&self) -> Vec<String> {
        std::mem::take(&mut *self.tried.lock().unwrap())
    }

    /// What each request cost that it is known of, and none afterwards.
    pub(crate) fn costs(&self) -> Vec<i64> {
        std::mem::take(&mut *self.costs.lock().unwrap())
    }

    /// How many tokens each room that was given has ended with, and none afterwards.
    pub(crate) fn settled(&self) -> Vec<u64> {
        std::mem::take(&mut *self.settled.lock().unwrap())
    }
}

fn error(none: CallFailure) -> CallError {
    match none {
        CallFailure::Refused(error) | CallFailure::Failed(error) => error,
        CallFailure::Unavailable { reason, .. } => panic!("it waits: {reason}"),
        CallFailure::OverBudget(reason) => panic!("no money: {reason}"),
    }
}

/// Room that a desk gives, for so many tokens.
pub(crate) struct Given {
    tokens: u64,
    is_limited: bool,
    settled: Arc<Mutex<Vec<u64>>>,
}

impl CallPermit for Given {
    fn ended(&mut self, _: CallOutcome) {}

    fn settle_tokens(&mut self, tokens: u64) {
        self.tokens = tokens;
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        if self.is_limited {
            self.settled.lock().unwrap().push(self.tokens);
        }
    }
}

/// Money that a desk gives.
pub(crate) struct Money(Arc<Mutex<Vec<i64>>>);

impl CostReservation for Money {
    fn settle_cost(self, nano_usd: i64) {
        self.0.lock().unwrap().push(nano_usd);
    }
}

impl Observer for Desk {
    type Permit = Given;
    type Reservation = Money;

    async fn reserve(
        &self,
        deployment: &Deployment,
        estimate: Option<i64>,
    ) -> Result<Self::Reservation, String> {
        let Some(money) = self.money else {
            return Ok(Money(Arc::clone(&self.costs)));
        };
        match estimate {
            Some(estimate) if estimate <= money => Ok(Money(Arc::clone(&self.costs))),
            _ => Err(format!("no money for {}", deployment.provider)),
        }
    }

    async fn ready(&self) {}

    async fn admit(&self, request: &CallRoom<'_>) -> Result<Given, NoRoom> {
        let &CallRoom {
            provider,
            limits,
            tokens,
            ..
        } = request;
        // Nobody shares a breaker with it.
        request.breaker.adopt(None);
        if limits.is_empty() {
            return Ok(Given {
                tokens,
                is_limited: false,
                settled: Arc::clone(&self.settled),
            });
        }
        let line = format!("{provider}:{tokens} tokens");
        self.tried.lock().unwrap().push(line);
        let full = self
            .full
            .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        let given = |_| Given {
            tokens,
            is_limited: true,
            settled: Arc::clone(&self.settled),
        };
        let none = NoRoom::LimitReached(Duration::from_millis(10));
        full.map_or_else(|left| Ok(given(left)), |_| Err(none))
    }

    fn waits(&self, _: WaitReason, _: Duration) {}

    fn begins(&self, _: &RequestTarget<'_>) -> RequestTrace {
        RequestTrace {
            span: Span::none(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        }
    }

    fn attempted(&self, tried: &Attempt<'_>) {
        let result = tried
            .result
            .map_or_else(|error| error.as_str(), |_| "replied");
        self.full
            .fetch_add(self.full_later.swap(0, Relaxed), Relaxed);
        let tier = tried
            .tier
            .map_or_else(String::new, |tier| format!("@{tier}"));
        let line = format!("{}{tier}:{result}", tried.provider);
        self.tried.lock().unwrap().push(line);
    }
}

/// A call without a schema.
pub(crate) fn call(system: &str, logprobs: bool) -> JudgeCall {
    let message = |role, content: &str| Message {
        role,
        content: content.to_owned(),
        shared: None,
    };
    JudgeCall {
        step: StepKey("direct".to_owned()),
        model: "mock-judge".to_owned(),
        messages: vec![
            message(Role::System, system),
            message(
                Role::User,
                "<candidate 7f>\nThe migration keeps both columns — «zwölf» — until every reader has moved.\n\
                 It backfills in batches of one thousand rows.\n</candidate 7f>",
            ),
        ],
        format: ReplyFormat::Text,
        temperature: None,
        logprobs,
        alike: None,
        leads: false,
    }
}

/// A call with a schema of one criterion.
pub(crate) fn rubric_call(logprobs: bool) -> JudgeCall {
    let schema = r#"{"type":"object","properties":{"criteria":{"type":"object","properties":{
        "clarity":{"type":"object","properties":{"rationale":{"type":"string"},
            "evidence":{"type":"array","items":{"type":"string"}},
            "score":{"type":"number","minimum":1,"maximum":5}},
            "required":["rationale","evidence","score"],"additionalProperties":false}},
        "required":["clarity"],"additionalProperties":false}},
        "required":["criteria"],"additionalProperties":false}"#;
    JudgeCall {
        format: ReplyFormat::Json {
            name: "verdict",
            schema: RawValue::from_string(schema.to_owned()).unwrap(),
        },
        ..call(
            "You judge by the rubric. Answer with one JSON object.",
            logprobs,
        )
    }
}

/// The text of a reply.
pub(crate) fn text(reply: &Reply) -> &str {
    match &reply.answer {
        judging::Answer::Text { text, .. } => text,
        other => panic!("{other:?}"),
    }
}
