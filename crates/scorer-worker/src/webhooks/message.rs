//! What is sent: the evaluation as it ended, and what it is signed with.

use std::collections::HashMap;

use api::WebhookMessage;
use domain::{EvaluationId, Tenant};
use futures::future::try_join;
use storage::evaluations::{self, Evaluation};
use storage::webhook_deliveries::LeasedDelivery;
use storage::{Database, webhook_secrets};
use webhooks::{ErrorClass, Secret, Signer};

/// A delivery with what is sent.
pub(super) struct Message {
    pub(super) delivery: LeasedDelivery,
    /// The body, or why there is none.
    pub(super) body: Result<Vec<u8>, ErrorClass>,
    /// `None`: the tenant has no secret.
    pub(super) signer: Option<Signer>,
}

impl Message {
    /// What is sent and what signs it, or why nothing is.
    pub(super) fn outgoing(&self) -> Result<(&[u8], &Signer), ErrorClass> {
        if self.delivery.is_disabled {
            return Err(ErrorClass::TargetDisabled);
        }
        let body = self.body.as_deref().map_err(|class| *class)?;
        Ok((body, self.signer.as_ref().ok_or(ErrorClass::NoSecret)?))
    }
}

/// Adds bodies and signers to deliveries. A body that was sent before is sent again to the byte.
pub(super) async fn prepare(
    database: &Database,
    deliveries: Vec<LeasedDelivery>,
) -> storage::Result<Vec<Message>> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let mut tenants: Vec<&Tenant> = deliveries.iter().map(|each| &each.tenant).collect();
    tenants.sort();
    tenants.dedup();
    let new: Vec<(&Tenant, EvaluationId)> = deliveries
        .iter()
        .filter(|each| each.body.is_none())
        .map(|each| (&each.tenant, each.evaluation))
        .collect();
    // Side by side: what is taken and not sent when this worker dies waits for its lease.
    let secrets = webhook_secrets::valid(database, &tenants);
    let (secrets, found) = try_join(secrets, load(database, &new)).await?;
    let (signers, mut found) = (signers(secrets), found.into_iter());
    let messages = deliveries.into_iter().map(|mut delivery| {
        let body = match delivery.body.take() {
            Some(body) => Ok(body),
            None => found
                .next()
                .flatten()
                .map_or(Err(ErrorClass::Superseded), |evaluation| {
                    body(&delivery, evaluation)
                }),
        };
        let signer = signers.get(&delivery.tenant).cloned();
        Message {
            delivery,
            body,
            signer,
        }
    });
    Ok(messages.collect())
}

type Found = Option<storage::Result<Evaluation>>;

/// The evaluations, in their order. One that the server cannot read must not keep the others.
async fn load(
    database: &Database,
    wanted: &[(&Tenant, EvaluationId)],
) -> storage::Result<Vec<Found>> {
    match evaluations::find_all(database, wanted).await {
        Err(error) if error.fault_of_record().is_some() => {}
        found => return found,
    }
    let mut all = Vec::with_capacity(wanted.len());
    for one in wanted {
        all.push(match evaluations::find_all(database, &[*one]).await {
            Ok(found) => found.into_iter().next().flatten(),
            Err(error) if error.fault_of_record().is_some() => Some(Err(error)),
            Err(error) => return Err(error),
        });
    }
    Ok(all)
}

/// Nothing where the evaluation was run again meanwhile: it has another end, of which another delivery tells.
fn body(
    delivery: &LeasedDelivery,
    evaluation: storage::Result<Evaluation>,
) -> Result<Vec<u8>, ErrorClass> {
    let evaluation = evaluation.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            evaluation_id = %delivery.evaluation,
            correlation_id = delivery.correlation_id,
            tenant = %delivery.tenant,
            "an evaluation cannot be told of: its record cannot be read"
        );
        ErrorClass::Unreadable
    })?;
    if evaluation.finished_at != Some(delivery.at) {
        return Err(ErrorClass::Superseded);
    }
    let message = WebhookMessage {
        event: delivery.event.clone(),
        timestamp: delivery.at,
        data: representation::evaluation(evaluation, None),
    };
    serde_json::to_vec(&message).map_err(|_| ErrorClass::Unreadable)
}

/// A secret of a length that none has signs nothing: it was not written by this program.
fn signers(secrets: HashMap<Tenant, Vec<Vec<u8>>>) -> HashMap<Tenant, Signer> {
    let signer = |(tenant, secrets): (Tenant, Vec<Vec<u8>>)| {
        let secrets = secrets.iter().flat_map(|secret| Secret::of_bytes(secret));
        Signer::new(secrets.collect()).map(|signer| (tenant, signer))
    };
    secrets.into_iter().filter_map(signer).collect()
}
