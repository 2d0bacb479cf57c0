//! Signatures after the [Standard Webhooks](https://www.standardwebhooks.com) specification, version 1.
//!
//! HMAC-SHA256 over `ID.TIMESTAMP.BODY`. While a secret is rotated, a message bears the signatures of both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use thiserror::Error;

/// What every secret begins with.
const PREFIX: &str = "whsec_";
/// The bytes that a secret may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// What messages of a tenant are signed with. It has no `Display`, so that none gets into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// What is no secret. The text is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no secret: expected `whsec_` and 24 to 64 bytes in base64")]
pub struct SecretError;

impl Secret {
    /// A secret of random bytes.
    #[must_use]
    pub fn of_random(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }

    /// A secret as it was stored.
    ///
    /// # Errors
    /// [`SecretError`] for a length that no secret has.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        if LENGTHS.contains(&bytes.len()) {
            Ok(Self(bytes.to_vec()))
        } else {
            Err(SecretError)
        }
    }

    /// Reads the text that receivers are given.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| SecretError)?;
        Self::of_bytes(&bytes)
    }

    /// The text that receivers are given.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// What is stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(domain::secret::MASK)
    }
}

/// Signs with every secret that is valid, the newest first.
#[derive(Debug, Clone)]
pub struct Signer(Vec<Secret>);

impl Signer {
    /// `None`: without a secret nothing can be signed.
    #[must_use]
    pub fn new(secrets: Vec<Secret>) -> Option<Self> {
        (!secrets.is_empty()).then_some(Self(secrets))
    }

    /// The value of `webhook-signature`; `timestamp` in seconds since 1970, as `webhook-timestamp` has it.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp}.");
        let signatures = self.0.iter().filter_map(|secret| {
            // HMAC takes a key of any length.
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).ok()?;
            mac.update(head.as_bytes());
            mac.update(body);
            let signature = STANDARD.encode(mac.finalize().into_bytes());
            Some(format!("v1,{signature}"))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the published libraries' own tests.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn sign(secrets: &[&Secret]) -> String {
        let secrets = secrets.iter().map(|secret| (*secret).clone()).collect();
        Signer::new(secrets).unwrap().sign(ID, TIMESTAMP, BODY)
    }

    #[test]
    fn the_published_vector() {
        assert_eq!(sign(&[&Secret::parse(SECRET).unwrap()]), SIGNATURE);
    }

    #[test]
    fn while_a_secret_is_rotated_there_is_a_signature_of_each() {
        let (old, new) = (Secret::parse(SECRET).unwrap(), Secret::of_random([7; 32]));
        let both = sign(&[&new, &old]);
        assert_eq!(both, format!("{} {SIGNATURE}", sign(&[&new])));
        assert!(Signer::new(Vec::new()).is_none());
    }

    #[test]
    fn a_secret_is_read_strictly_and_not_shown() {
        let secret = Secret::of_random([7; 32]);
        assert_eq!(Secret::parse(&secret.expose()), Ok(secret.clone()));
        assert_eq!(format!("{secret:?}"), "***");
        let short = format!("whsec_{}", STANDARD.encode([1; 23]));
        let long = format!("whsec_{}", STANDARD.encode([1; 65]));
        for wrong in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_?",
            &short,
            &long,
        ] {
            assert_eq!(Secret::parse(wrong), Err(SecretError), "{wrong}");
        }
    }
}
