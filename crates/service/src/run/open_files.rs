//! How many files and connections a process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit to the highest that the process may give itself.
///
/// The usual one, 1,024, is there for programs that wait with select(2), which cannot name more. We wait for as many
/// connections as the settings allow.
pub(super) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => tracing::debug!(limit = limit.maximum, "the limit of open files is raised"),
        Err(error) => {
            tracing::warn!(%error, limit = limit.current, "the limit of open files cannot be raised");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_may_be_open_as_the_process_is_allowed() {
        let before = getrlimit(Resource::Nofile);
        // Far more than the other tests of this process need.
        let lower = before.maximum.map(|most| most - 1);
        let lowered = Rlimit {
            current: lower,
            ..before
        };
        setrlimit(Resource::Nofile, lowered).unwrap();
        raise_limit();
        assert_eq!(
            getrlimit(Resource::Nofile),
            Rlimit {
                current: before.maximum,
                ..before
            }
        );
    }
}
