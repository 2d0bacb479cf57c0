//! The deterministic identity of an evaluation.
//!
//! An id is a `UUIDv8` (RFC 9562 §5.8) of the first 16 bytes of SHA-256 over the tenant's name, a line feed and
//! the canonical form of the payload as it was sent. A retry is therefore always harmless, and a client can
//! compute the id beforehand.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Tenant;
use crate::json::Json;

/// Names one evaluation. The tenant is part of it, so ids of different tenants never meet.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(transparent)]
pub struct EvaluationId(pub Uuid);

impl fmt::Display for EvaluationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Tells two payloads apart that came under the same idempotency key.
pub type PayloadDigest = [u8; 32];

/// What identifies a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The evaluation's id.
    pub id: EvaluationId,
    /// What was sent: SHA-256 of the canonical form where its sender named it, and what the id was taken from where
    /// its content names it. To hash megabytes twice would say no more.
    pub digest: PayloadDigest,
}

impl Identity {
    /// The identity of a payload sent by a tenant, named by its content.
    #[must_use]
    pub fn of_payload(tenant: &Tenant, payload: &Json<'_>) -> Self {
        let mut hash = of_tenant(tenant);
        payload.canonical_pieces(&mut |piece| hash.update(piece));
        let digest = hash.finalize().into();
        Self {
            id: id_of(&digest),
            digest,
        }
    }

    /// The identity of a payload that its sender named by an `Idempotency-Key`.
    #[must_use]
    pub fn of_key(tenant: &Tenant, key: &IdempotencyKey, payload: &Json<'_>) -> Self {
        let mut name = of_tenant(tenant);
        name.update(b"idempotency-key:");
        name.update(&key.0);
        let mut digest = Sha256::new();
        payload.canonical_pieces(&mut |piece| digest.update(piece));
        Self {
            id: id_of(&name.finalize().into()),
            digest: digest.finalize().into(),
        }
    }
}

/// An id that is made of a tenant, of what it is for, and of parts: the same again for the same. No payload and no key has it: the
/// one begins with a brace, the other with `idempotency-key:`.
#[must_use]
pub fn derived_id(tenant: &Tenant, purpose: &str, parts: &[&str]) -> Uuid {
    let mut name = of_tenant(tenant);
    name.update(purpose);
    for part in parts {
        name.update(b"\n");
        name.update(part);
    }
    id_of(&name.finalize().into()).0
}

/// The beginning of a name of this tenant's.
fn of_tenant(tenant: &Tenant) -> Sha256 {
    Sha256::new()
        .chain_update(tenant.as_str())
        .chain_update(b"\n")
}

fn id_of(name: &[u8; 32]) -> EvaluationId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&name[..16]);
    EvaluationId(Uuid::new_v8(bytes))
}

/// A name that a client gives to a submission: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes the header's value.
    ///
    /// # Errors
    /// A sentence when it is empty, longer than 255 characters or not visible ASCII.
    pub fn parse(value: &str) -> Result<Self, &'static str> {
        let fits = (1..=255).contains(&value.len())
            && value.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        if fits && !value.trim().is_empty() {
            Ok(Self(value.to_owned()))
        } else {
            Err("must be 1 to 255 printable ASCII characters")
        }
    }
}
