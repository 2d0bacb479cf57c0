//! Room within the limits of a provider, over all workers together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Limits;
use queue::limiter::{Admission, Limiter};
use service::metrics;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Room for one call, given back when it is dropped: then the call has ended, or was broken off.
pub(crate) struct Permit {
    limiter: Arc<Limiter>,
    tasks: TaskTracker,
    account: String,
    limits: Limits,
    call: String,
    reserved: u64,
    /// What is not known is as estimated.
    used: u64,
}

/// Since when a call waits for room.
pub(crate) struct PermitRequest(Instant);

impl PermitRequest {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    /// Asks for room.
    pub(crate) async fn admit(
        &self,
        (limiter, tasks): (&Arc<Limiter>, &TaskTracker),
        provider: &str,
        limits: Limits,
        tokens: u64,
        longest: Duration,
    ) -> Result<Permit, Duration> {
        // A try, not a step: each takes room of its own.
        let call = Uuid::now_v7().to_string();
        match limiter
            .admit(provider, &limits, &call, tokens, longest)
            .await
        {
            Admission::Later { after } => Err(after),
            Admission::Admitted => {
                metrics::limiter_wait_seconds().record(self.0.elapsed().as_secs_f64());
                Ok(Permit {
                    limiter: Arc::clone(limiter),
                    tasks: tasks.clone(),
                    account: provider.to_owned(),
                    limits,
                    call,
                    reserved: tokens,
                    used: tokens,
                })
            }
        }
    }
}

impl providers::retry::CallPermit for Permit {
    fn settle_tokens(&mut self, tokens: u64) {
        self.used = tokens;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let limiter = Arc::clone(&self.limiter);
        let (account, call) = (
            std::mem::take(&mut self.account),
            std::mem::take(&mut self.call),
        );
        let (limits, reserved, used) = (self.limits, self.reserved, self.used);
        self.tasks.spawn(async move {
            limiter
                .settle(&account, &limits, &call, reserved, used)
                .await;
        });
    }
}
