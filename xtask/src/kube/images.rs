//! How images get into a cluster.

use anyhow::{Result, bail};
use tokio::process::Command;

use crate::child;
use crate::docker::{self, docker};
use crate::paint::say;

/// How images get into a cluster.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Its nodes share the images of this machine's engine.
    Shared,
    /// By a program of the cluster's own, with arguments before the names of the images.
    Loaded(&'static str, Vec<String>),
    /// By a registry.
    Pushed(String),
}

/// The way into the cluster of a context, by the names that the makers of local clusters give them.
pub(crate) fn way(context: &str, registry: Option<&str>) -> Result<Way> {
    let loaded = |program, words: &[&str]| {
        Way::Loaded(program, words.iter().map(|&word| word.to_owned()).collect())
    };
    if let Some(registry) = registry {
        return Ok(Way::Pushed(registry.trim_end_matches('/').to_owned()));
    }
    Ok(match context {
        "docker-desktop" | "rancher-desktop" | "orbstack" => Way::Shared,
        "minikube" => loaded("minikube", &["image", "load"]),
        _ => match (context.strip_prefix("kind-"), context.strip_prefix("k3d-")) {
            (Some(name), _) => loaded("kind", &["load", "docker-image", "--name", name]),
            (_, Some(name)) => loaded("k3d", &["image", "import", "--cluster", name]),
            _ => bail!(
                "{context} is no kind, minikube or k3d cluster: say by --registry where it pulls images from"
            ),
        },
    })
}

/// Brings the images there.
pub(crate) async fn deliver(way: &Way) -> Result<()> {
    let names = docker::TARGETS.map(docker::name);
    match way {
        Way::Shared => {}
        Way::Loaded(program, words) => {
            say(format!("loading {} images by {program}", names.len()));
            child::succeed(Command::new(program).args(words).args(&names)).await?;
        }
        Way::Pushed(registry) => {
            for name in &names {
                let there = format!("{registry}/{name}");
                say(format!("pushing {there}"));
                child::succeed(&mut docker(&["tag", name, &there])?).await?;
                child::succeed(&mut docker(&["push", "--quiet", &there])?).await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(context: &str, program: &'static str, words: &str) {
        let words = words.split_whitespace().map(str::to_owned).collect();
        let expected = Way::Loaded(program, words);
        assert_eq!(way(context, None).unwrap(), expected, "{context}");
    }

    #[test]
    fn local_clusters_are_known_by_their_contexts() {
        check("kind-a-b", "kind", "load docker-image --name a-b");
        check("k3d-dev", "k3d", "image import --cluster dev");
        check("minikube", "minikube", "image load");
        assert_eq!(way("docker-desktop", None).unwrap(), Way::Shared);
    }

    #[test]
    fn any_other_needs_a_registry() {
        let error = way("production", None).unwrap_err().to_string();
        assert!(error.contains("--registry"), "{error}");
        let pushed = Way::Pushed("r.example.org/t".to_owned());
        assert_eq!(way("production", Some("r.example.org/t/")).unwrap(), pushed);
    }
}
