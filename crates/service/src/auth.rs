//! Who calls: by an API key, or nobody in particular where keys are off.
//!
//! A key is looked up again after five seconds, so that one that was revoked is refused soon after. While PostgreSQL is away those
//! that are known go on for the setting `auth.grace`.

pub mod session;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use domain::Tenant;
use domain::api_key::{ApiKey, KeyId, Scope};
use storage::Database;
use storage::api_keys::{self, Credential};
use subtle::ConstantTimeEq as _;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use crate::http::single;
use crate::problem::{Problem, ProblemCode};
use crate::settings::{Auth, AuthMode};

/// How long what was looked up holds.
pub(crate) const FRESH: Duration = Duration::from_secs(5);
/// How long a look-up may take: everybody who shows the key waits for it.
const LOOK_UP: Duration = Duration::from_secs(1);
/// How long nobody asks again after PostgreSQL did not answer.
const RETRY: Duration = Duration::from_secs(1);
/// Ids that are remembered, those of no key among them.
const MAX_KNOWN: usize = 10_000;
/// Ids nobody has heard of that are looked up at a time: whoever makes them up must not take every connection.
const MAX_UNKNOWN: usize = 4;

/// Who sent a request, and what the key is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose calls it makes.
    pub tenant: Tenant,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// Tells callers apart; clones share what is known.
#[derive(Clone)]
pub struct Authenticator(Arc<Mode>);

impl fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authenticator")
    }
}

enum Mode {
    Off,
    Keys {
        /// Whether a key may also come in the cookie of a login.
        takes_sessions: bool,
        database: Database,
        grace: Duration,
        known: Mutex<HashMap<KeyId, Arc<Entry>>>,
        unknown: Semaphore,
    },
}

/// The place of an id.
#[derive(Default)]
struct Entry {
    /// Whether it was a key's when it was last looked up: also to be seen while it is looked up again.
    is_key: AtomicBool,
    known: AsyncMutex<Known>,
}

/// What was looked up of an id.
#[derive(Default)]
struct Known {
    /// When it was; `None`: not yet.
    at: Option<Instant>,
    /// When it last could not be.
    failed_at: Option<Instant>,
    credential: Option<Credential>,
}

impl Authenticator {
    /// As the settings say.
    #[must_use]
    pub fn new(settings: &Auth, database: &Database) -> Self {
        Self::of(settings, database, false)
    }

    /// As [`new`](Self::new), for a service that has pages: it takes the cookie of a login as well.
    #[must_use]
    pub fn with_sessions(settings: &Auth, database: &Database) -> Self {
        Self::of(settings, database, true)
    }

    fn of(settings: &Auth, database: &Database, takes_sessions: bool) -> Self {
        Self(Arc::new(match settings.mode {
            AuthMode::Off => Mode::Off,
            AuthMode::Keys => Mode::Keys {
                takes_sessions,
                // Keys are looked up also while a tenant's queries have every other connection.
                database: database.aside(),
                grace: settings.grace,
                known: Mutex::default(),
                unknown: Semaphore::new(MAX_UNKNOWN),
            },
        }))
    }

    /// Whether callers show keys.
    #[must_use]
    pub fn asks_for_keys(&self) -> bool {
        matches!(&*self.0, Mode::Keys { .. })
    }

    /// The key that a request shows; `None` while keys are off.
    ///
    /// # Errors
    /// 401 `unauthenticated`; 400 `invalid_header`; 403 `forbidden` for a change by a cookie that is not from our own pages.
    pub fn key(&self, method: &Method, headers: &HeaderMap) -> Result<Option<ApiKey>, Problem> {
        let Mode::Keys { takes_sessions, .. } = &*self.0 else {
            return Ok(None);
        };
        if *takes_sessions
            && !headers.contains_key(AUTHORIZATION)
            && let Some(key) = session::key(headers)
        {
            session::expect_same_origin(method, headers)?;
            return Ok(Some(key));
        }
        shown(headers).map(Some)
    }

    /// Whose key it is, and what it is good for.
    ///
    /// # Errors
    /// 401 `unauthenticated`; 503 `dependency_unavailable` while it cannot be looked up.
    pub async fn authenticate(&self, key: Option<&ApiKey>) -> Result<Principal, Problem> {
        let (
            Mode::Keys {
                database,
                grace,
                known,
                unknown,
                ..
            },
            Some(key),
        ) = (&*self.0, key)
        else {
            return Ok(Principal {
                tenant: Tenant::default(),
                scopes: Scope::ALL.to_vec(),
            });
        };
        let place = entry(known, key.id());
        // One of those who show the same key looks it up, the others wait for that.
        let mut entry = place.known.lock().await;
        let now = Instant::now();
        let within = |then: Option<Instant>, period| then.is_some_and(|then| now < then + period);
        let is_failing = within(entry.failed_at, RETRY);
        if !within(entry.at, FRESH) && !is_failing {
            let look_up = async {
                let _turn = match entry.at {
                    Some(_) => None,
                    None => unknown.acquire().await.ok(),
                };
                api_keys::look_up(database, key).await
            };
            match tokio::time::timeout(LOOK_UP, look_up).await {
                Ok(Ok(credential)) => {
                    place.is_key.store(credential.is_some(), Ordering::Relaxed);
                    *entry = Known {
                        at: Some(now),
                        failed_at: None,
                        credential,
                    };
                }
                Ok(Err(error)) if !error.is_unavailable() => return Err(error.into()),
                // Not `now`, since when this may have taken a while.
                Ok(Err(_)) | Err(_) => entry.failed_at = Some(Instant::now()),
            }
        }
        // An id of no key may have become one's.
        let grace = entry.credential.as_ref().map_or(FRESH, |_| *grace);
        if entry.failed_at.is_some() && !within(entry.at, grace) {
            let detail = "the database is not available, and this key is not known; try again";
            return Err(Problem::new(ProblemCode::DependencyUnavailable).with_detail(detail));
        }
        let credential = entry.credential.as_ref().filter(|credential| {
            let at = entry.at.unwrap_or(now);
            credential.lasts.is_none_or(|lasts| now < at + lasts)
        });
        let credential = credential.filter(|known| known.digest.ct_eq(&key.digest()).into());
        credential
            .map(|credential| Principal {
                tenant: credential.tenant.clone(),
                scopes: credential.scopes.clone(),
            })
            .ok_or_else(|| refused("the API key is not known, or is good no more"))
    }
}

/// The place of an id, made where there is none.
fn entry(known: &Mutex<HashMap<KeyId, Arc<Entry>>>, id: &KeyId) -> Arc<Entry> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MAX_KNOWN && !known.contains_key(id) {
        // Ids of no key make room.
        known.retain(|_, entry| entry.is_key.load(Ordering::Relaxed));
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
    }
    Arc::clone(known.entry(id.clone()).or_default())
}

/// The key that a request shows.
fn shown(headers: &HeaderMap) -> Result<ApiKey, Problem> {
    let Some(value) = single(headers, AUTHORIZATION.as_str())? else {
        return Err(refused("expected `Authorization: Bearer autorater_…`"));
    };
    let key = value.to_str().ok().and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| ApiKey::parse(key.trim_matches(' ')))?
    });
    key.ok_or_else(|| refused("expected `Authorization: Bearer autorater_…`, a whole API key"))
}

fn refused(detail: &str) -> Problem {
    Problem::new(ProblemCode::Unauthenticated).with_detail(detail)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_key_is_shown_in_one_way_only() {
        let key = ApiKey::generate();
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            shown(&headers)
                .map(|key| key.digest())
                .map_err(|problem| problem.code())
        };
        let whole = key.expose();
        for value in [format!("Bearer {whole}"), format!("bearer  {whole}")] {
            assert_eq!(read(&[&value]), Ok(key.digest()), "{value}");
        }
        for value in [
            whole.to_owned(),
            format!("Basic {whole}"),
            format!("Bearer{whole}"),
            "Bearer".to_owned(),
            format!("Bearer {whole}, Bearer {whole}"),
        ] {
            assert_eq!(
                read(&[&value]),
                Err(ProblemCode::Unauthenticated),
                "{value}"
            );
        }
        assert_eq!(read(&[]), Err(ProblemCode::Unauthenticated));
        let twice = format!("Bearer {whole}");
        assert_eq!(read(&[&twice, &twice]), Err(ProblemCode::InvalidHeader));
    }

    #[test]
    fn ids_of_no_key_make_room_for_others() {
        let known = Mutex::default();
        let real = ApiKey::generate();
        let place = entry(&known, real.id());
        place.is_key.store(true, Ordering::Relaxed);
        // Also while it is looked up again.
        let _looked_up = place.known.try_lock().unwrap();
        for _ in 0..2 * MAX_KNOWN {
            entry(&known, ApiKey::generate().id());
        }
        assert!(known.lock().unwrap().len() <= MAX_KNOWN);
        assert!(Arc::ptr_eq(&place, &entry(&known, real.id())));
    }

    #[tokio::test]
    async fn without_a_database_an_id_of_no_key_is_not_refused_for_good() {
        let database = Database::new(&storage::Options {
            url: "postgres://nobody@127.0.0.1:1/none".to_owned(),
            ca_file: None,
            application_name: "tests",
            pool_size: 1,
            connect_timeout: LOOK_UP,
            pool_wait: LOOK_UP,
            statement_timeout: LOOK_UP,
        });
        let settings = Auth {
            mode: AuthMode::Keys,
            ..Auth::default()
        };
        let keys = Authenticator::new(&settings, &database.unwrap());
        let Mode::Keys { known, unknown, .. } = &*keys.0 else {
            panic!("keys are on");
        };
        let key = ApiKey::generate();
        let before = Instant::now().checked_sub(2 * FRESH).unwrap();
        entry(known, key.id()).known.try_lock().unwrap().at = Some(before);
        // Others make ids up, too, and have every turn.
        let turns = unknown.acquire_many(4).await.unwrap();
        for key in [key, ApiKey::generate()] {
            let answer = tokio::time::timeout(5 * LOOK_UP, keys.authenticate(Some(&key))).await;
            let code = answer.unwrap().unwrap_err().code();
            assert_eq!(code, ProblemCode::DependencyUnavailable);
        }
        drop(turns);
    }
}
