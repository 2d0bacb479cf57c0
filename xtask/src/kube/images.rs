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

/// Brings the images there, and says by which tag. It is another one whenever the images are: with the same, Kubernetes
/// would see nothing to do, and nodes would go on with what they have under that name.
pub(crate) async fn deliver(way: &Way) -> Result<String> {
    let names = docker::TARGETS.map(docker::name);
    let mut inspect = docker(&["image", "inspect", "--format={{.Id}}"])?;
    let ids = docker::output(inspect.args(&names)).await?;
    let tag = format!("{}-{}", docker::tag(), fingerprint(&ids));
    let prefix = match way {
        Way::Pushed(registry) => format!("{registry}/"),
        Way::Shared | Way::Loaded(..) => String::new(),
    };
    let there = docker::TARGETS.map(|target| format!("{prefix}autorater/{target}:{tag}"));
    for (name, there) in names.iter().zip(&there) {
        child::succeed(&mut docker(&["tag", name, there])?).await?;
    }
    match way {
        Way::Shared => return Ok(tag),
        Way::Loaded(program, words) => {
            say(format!("loading {} images by {program}", there.len()));
            child::succeed(Command::new(program).args(words).args(&there)).await?;
        }
        Way::Pushed(_) => {
            for there in &there {
                say(format!("pushing {there}"));
                child::succeed(&mut docker(&["push", "--quiet", there])?).await?;
            }
        }
    }
    // Else each change would leave names behind.
    docker::output(docker(&["image", "rm"])?.args(&there)).await?;
    Ok(tag)
}

/// Another text for other images, of their ids, one in a line.
fn fingerprint(ids: &str) -> String {
    let short = |id: &str| {
        let digits = id.trim().trim_start_matches("sha256:").chars();
        digits.take(8).collect::<String>()
    };
    ids.lines().map(short).collect()
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

    #[test]
    fn other_images_have_another_tag() {
        let both = fingerprint("sha256:0123456789ab\nsha256:fedcba987654");
        assert_eq!(both, "01234567fedcba98");
        assert_ne!(both, fingerprint("sha256:0123456789ab\nsha256:fedcba0"));
    }
}
