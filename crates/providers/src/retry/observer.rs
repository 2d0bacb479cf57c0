//! What a caller has to say to tries, and hears of them.

use std::time::Duration;

use domain::Limits;
use domain::circuit::CallOutcome;
use domain::plan::Deployment;
use domain::timeline::WaitReason;
use tracing::Span;

use crate::breaker::Breaker;
use crate::choices::Choices;
use crate::error::CallError;

/// What a caller has to say to tries, and hears of them.
pub trait Observer {
    /// Room for one call within a provider's limits; dropping it gives it back.
    type Permit: CallPermit + Send;
    /// Money for one request; dropping it leaves it taken.
    type Reservation: CostReservation + Send;

    /// Waits until a call may be begun at all.
    fn ready(&self) -> impl Future<Output = ()> + Send;

    /// Asks for room within the limits of a provider, where it has some, and for leave of the breaker that all workers
    /// share; the breaker is told what it heard of that ([`Breaker::adopt`]).
    ///
    /// # Errors
    /// Why not.
    fn admit(
        &self,
        request: &CallRoom<'_>,
    ) -> impl Future<Output = Result<Self::Permit, NoRoom>> + Send;

    /// Asks for the money of a request at a deployment, about `estimate` nano-USD; `None`: its price is not known.
    ///
    /// # Errors
    /// Why there is none, for people.
    fn reserve(
        &self,
        deployment: &Deployment,
        estimate: Option<i64>,
    ) -> impl Future<Output = Result<Self::Reservation, String>> + Send;

    /// A request has ended, whatever came of it.
    fn attempted(&self, tried: &Attempt<'_>);

    /// The next request, or the next look whether there may be one, comes after a pause.
    fn waits(&self, reason: WaitReason, pause: Duration);

    /// A request is made now; says what traces know it by.
    fn begins(&self, target: &RequestTarget<'_>) -> RequestTrace;
}

/// The room that a call needs.
#[derive(Debug, Clone, Copy)]
pub struct CallRoom<'r> {
    /// The provider, whose limits count.
    pub provider: &'r str,
    /// What it may be asked for.
    pub limits: Limits,
    /// About so many tokens.
    pub tokens: u64,
    /// The call takes no longer.
    pub longest: Duration,
    /// For how long room is waited for at most; zero where another deployment may be asked instead.
    pub patience: Duration,
    /// The breaker of the deployment.
    pub breaker: &'r Breaker,
}

/// Why a call may not be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// There is no room within the limits; it is asked for again after this time.
    LimitReached(Duration),
    /// The shared breaker is open.
    BreakerOpen,
}

/// Room for one call. Dropped without an outcome it says that the call was not made, or broken off.
pub trait CallPermit {
    /// How the call ended.
    fn ended(&mut self, outcome: CallOutcome);

    /// The call took so many tokens. Not said where that is not known.
    fn settle_tokens(&mut self, tokens: u64);
}

/// Money for one request.
pub trait CostReservation {
    /// The request cost so many nano-USD. Not said where that is not known.
    fn settle_cost(self, nano_usd: i64);
}

/// Where a request goes.
#[derive(Debug, Clone, Copy)]
pub struct RequestTarget<'t> {
    /// The provider that is asked.
    pub provider: &'t str,
    /// The provider's name of the model.
    pub model: &'t str,
    /// The provider's host.
    pub host: Option<&'t str>,
    /// The provider's port.
    pub port: Option<u16>,
}

/// What traces know a request by.
#[derive(Debug, Clone)]
pub struct RequestTrace {
    /// Its span.
    pub span: Span,
    /// What the provider is told of it (W3C Trace Context).
    pub traceparent: Option<String>,
}

/// A request that has ended.
#[derive(Debug)]
pub struct Attempt<'t> {
    /// The provider that was asked.
    pub provider: &'t str,
    /// The provider's name of the model.
    pub model: &'t str,
    /// What came of it.
    pub result: Result<&'t Choices, &'t CallError>,
    /// Whether it was refused for the way in which it asked, and is made again in another.
    pub is_renegotiation: bool,
    /// How long it took.
    pub took: Duration,
    /// The cheaper tier that was asked for.
    pub tier: Option<&'t str>,
    /// Its span.
    pub span: &'t Span,
}
