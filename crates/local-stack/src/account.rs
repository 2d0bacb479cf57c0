//! The system account that PostgreSQL runs under when we are root, because it refuses to run as root.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::names;

/// User and group ids of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The `postgres` account when we are root, else none: then we run servers as ourselves.
    pub(crate) fn for_postgres() -> Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let uid =
            id("-u").context("running as root, PostgreSQL needs the system user `postgres`")?;
        let gid = id("-g")?;
        Ok(Some(Self { uid, gid }))
    }

    /// Whether the account can reach this directory: search permission on it and on every parent.
    fn can_reach(self, dir: &Path) -> bool {
        dir.ancestors()
            .filter_map(|part| fs::metadata(part).ok())
            .all(|part| {
                let search = if part.uid() == self.uid {
                    0o100
                } else if part.gid() == self.gid {
                    0o010
                } else {
                    0o001
                };
                part.mode() & search != 0
            })
    }
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn id(flag: &str) -> Result<u32> {
    let output = Command::new("id")
        .args([flag, "postgres"])
        .output()
        .context("running `id`")?;
    ensure!(
        output.status.success(),
        "no system user `postgres`; `bin/setup` installs the package that makes it"
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

/// A data directory that the account owns, and a note when it could not be at the wished place.
#[derive(Debug)]
pub(crate) struct DataDir {
    pub(crate) path: PathBuf,
    pub(crate) note: Option<String>,
}

/// Makes `wished` for the account. If the account cannot reach that place (a checkout below `/root`), the data goes
/// to a directory under `/var/tmp` that is always the same one for the same wish.
pub(crate) fn data_dir(wished: &Path, account: Option<Account>) -> Result<DataDir> {
    let parent = wished
        .parent()
        .context("the root directory holds no data")?;
    fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
    let wished = resolved(wished);
    let Some(account) = account else {
        make(&wished, None)?;
        return Ok(DataDir {
            path: wished,
            note: None,
        });
    };
    if wished
        .parent()
        .is_some_and(|parent| account.can_reach(parent))
    {
        make(&wished, Some(account))?;
        return Ok(DataDir {
            path: wished,
            note: None,
        });
    }
    let path = substitute(&wished);
    make(&path, Some(account))?;
    let note = format!(
        "the system user `postgres` cannot reach {}, so PostgreSQL keeps its data in {}",
        wished.display(),
        path.display()
    );
    Ok(DataDir {
        path,
        note: Some(note),
    })
}

/// Without symbolic links in the parents, whether it exists or not, so that one wish has one substitute.
fn resolved(wished: &Path) -> PathBuf {
    let parent = wished
        .parent()
        .and_then(|parent| parent.canonicalize().ok());
    match (parent, wished.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => wished.to_owned(),
    }
}

fn substitute(wished: &Path) -> PathBuf {
    Path::new("/var/tmp").join(format!(
        "autorater-postgres-{:016x}",
        names::stable_hash(wished)
    ))
}

/// Removes the data directory of `wished`, wherever [`data_dir`] put it.
pub(crate) fn remove_data_dir(wished: &Path) -> Result<()> {
    let wished = resolved(wished);
    for path in [substitute(&wished), wished] {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", path.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn make(path: &Path, account: Option<Account>) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            if let Some(Account { uid, gid }) = account {
                chown(path, Some(uid), Some(gid))
                    .with_context(|| format!("giving {} away", path.display()))?;
            }
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            // The substitute has a name that others could guess: what is not ours is not used.
            let found = fs::symlink_metadata(path)?;
            let owner = account.map_or_else(
                || rustix::process::geteuid().as_raw(),
                |account| account.uid,
            );
            ensure!(
                found.is_dir() && found.uid() == owner,
                "{} belongs to another user; remove it, or run as the user who made it",
                path.display()
            );
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("creating {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn directory(mode: u32) -> tempfile::TempDir {
        tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(mode))
            .tempdir()
            .unwrap()
    }

    #[test]
    fn a_directory_that_others_cannot_search_is_not_reachable() {
        let nobody = Account {
            uid: 65_534,
            gid: 65_534,
        };
        let closed = directory(0o700);
        let inside = closed.path().join("inside");
        fs::create_dir(&inside).unwrap();
        assert!(!nobody.can_reach(&inside));

        fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(nobody.can_reach(&inside));
    }

    #[test]
    fn a_place_out_of_reach_is_replaced_by_the_same_one_each_time() {
        let Some(account) = Account::for_postgres().unwrap() else {
            return; // Only root has another account to step down to.
        };
        let closed = directory(0o700);
        let wished = closed.path().join("data");
        let first = data_dir(&wished, Some(account)).unwrap();
        assert!(
            first.path.starts_with("/var/tmp") && first.note.is_some(),
            "{first:?}"
        );
        assert_eq!(fs::metadata(&first.path).unwrap().uid(), account.uid);
        assert_eq!(data_dir(&wished, Some(account)).unwrap().path, first.path);

        remove_data_dir(&wished).unwrap();
        assert!(!first.path.exists());
    }
}
