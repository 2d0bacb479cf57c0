//! The running stack as others find it: a lock that dies with its holder, and a file with its addresses.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// Addresses of a stack. Ports stay here after its end, so that the next one takes the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// The process that holds the lock.
    pub(crate) pid: u32,
    /// All services answer.
    pub(crate) ready: bool,
    pub(crate) postgres_port: Option<u16>,
    pub(crate) redis_port: Option<u16>,
    pub(crate) mock_port: Option<u16>,
    pub(crate) ingest_url: String,
    pub(crate) status_url: String,
    /// Empty with a real provider.
    pub(crate) mock_url: String,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
}

impl State {
    /// What the last stack left; nothing known when there was none or the file cannot be read.
    pub(crate) fn load(home: &Path) -> Self {
        let text = fs::read(file(home)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub(crate) fn save(&self, home: &Path) -> Result<()> {
        // Through a second file, so that a reader never sees half of it.
        let new = home.join("state.json.new");
        fs::write(&new, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("writing {}", new.display()))?;
        fs::rename(new, file(home))?;
        Ok(())
    }
}

fn file(home: &Path) -> PathBuf {
    home.join("state.json")
}

/// Held as long as a stack runs. The kernel lets go of it when the holder dies, however that happens.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// The lock, or nothing when another process holds it.
    pub(crate) fn acquire(home: &Path) -> Result<Option<Self>> {
        fs::create_dir_all(home).with_context(|| format!("creating {}", home.display()))?;
        let path = home.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = file.with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
    }

    pub(crate) fn is_held(home: &Path) -> Result<bool> {
        Ok(Self::acquire(home)?.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_the_lock_and_the_state_survives_it() {
        let home = workspace_temp("state");
        let lock = Lock::acquire(&home).unwrap().unwrap();
        assert!(Lock::is_held(&home).unwrap());
        let state = State {
            pid: 7,
            postgres_port: Some(1234),
            ..State::default()
        };
        state.save(&home).unwrap();
        drop(lock);
        assert!(!Lock::is_held(&home).unwrap());
        assert_eq!(State::load(&home), state);

        fs::write(file(&home), "{").unwrap();
        assert_eq!(
            State::load(&home),
            State::default(),
            "a broken file is no state"
        );
        fs::remove_dir_all(&home).unwrap();
    }

    fn workspace_temp(name: &str) -> PathBuf {
        let dir =
            std::env::temp_dir().join(format!("autorater-xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }
}
