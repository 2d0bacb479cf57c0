//! API keys: `autorater_<id>_<secret>`. The id is no secret and names the key; of the secret only a digest is kept.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// What every key begins with, so that a scanner for secrets knows one.
const PREFIX: &str = "autorater_";
/// Hexadecimal digits of an id: 64 bits, by which nobody gets in.
const ID_DIGITS: usize = 16;
/// Of a secret: 244 random bits in two version 4 UUIDs.
const SECRET_DIGITS: usize = 64;

/// What a key is good for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To have evaluations judged: to post, cancel and retry them, and to store rubrics.
    Ingest,
    /// To read what there is of the tenant, and to label it.
    Read,
    /// Everything, the tenant's keys included.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Read, Self::Admin];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    /// The scope of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    /// Whether a key with `scopes` may do what needs this one.
    #[must_use]
    pub fn is_granted_by(self, scopes: &[Self]) -> bool {
        scopes.contains(&self) || scopes.contains(&Self::Admin)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The public part of a key, by which it is named in lists and when it is revoked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The id of a text, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_hex(text, ID_DIGITS).then(|| Self(text.to_owned()))
    }

    /// The id as it stands in a row that we wrote.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// SHA-256 of a whole key. The secret has 244 random bits: a slow hash would protect nothing more.
pub type KeyDigest = [u8; 32];

/// A key as a caller shows it. It has no `Display`, so that none gets into a log.
#[derive(Clone)]
pub struct ApiKey {
    id: KeyId,
    whole: String,
}

impl ApiKey {
    /// A new one.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "nothing but random bits is wanted, and no order"
    )]
    pub fn generate() -> Self {
        let digits = || Uuid::new_v4().simple().to_string();
        let id: String = digits().chars().take(ID_DIGITS).collect();
        let whole = format!("{PREFIX}{id}_{}{}", digits(), digits());
        Self {
            id: KeyId(id),
            whole,
        }
    }

    /// The key of a text, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        is_hex(secret, SECRET_DIGITS).then_some(())?;
        Some(Self {
            id: KeyId::parse(id)?,
            whole: text.to_owned(),
        })
    }

    /// Which key it says that it is.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        Sha256::digest(self.whole.as_bytes()).into()
    }

    /// The whole of it, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.whole
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}_***", self.id)
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_shows_nothing_of_itself() {
        let key = ApiKey::generate();
        let read = ApiKey::parse(key.expose()).unwrap();
        assert_eq!((read.id(), read.digest()), (key.id(), key.digest()));
        assert_ne!(key.digest(), ApiKey::generate().digest());
        let shown = format!("{key:?}");
        assert!(shown.contains(key.id().as_str()));
        assert!(!key.expose().contains(&shown), "{shown}");
        let (_, secret) = key.expose().rsplit_once('_').unwrap();
        assert!(!shown.contains(secret), "{shown}");
    }

    #[test]
    fn what_has_another_form_is_no_key() {
        let whole = ApiKey::generate().expose().to_owned();
        for text in [
            "",
            "autorater_",
            whole.trim_start_matches('a'),
            &whole.chars().take(90).collect::<String>(),
            &format!("{whole}0"),
            &whole.to_uppercase(),
            &whole.replace("autorater_", "sk-"),
            &whole.replacen('_', "__", 2),
            &format!(" {whole}"),
        ] {
            assert!(ApiKey::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn admin_may_do_everything_and_the_others_what_they_say() {
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
            assert!(scope.is_granted_by(&[Scope::Admin]));
            assert!(!scope.is_granted_by(&[]));
            assert_eq!(scope.is_granted_by(&[Scope::Read]), scope == Scope::Read);
        }
        assert_eq!(Scope::parse("Read"), None);
    }
}
