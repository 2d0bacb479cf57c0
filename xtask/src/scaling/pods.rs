//! How many pods there are of each service.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::kube::release::{NAME, kubectl};

/// How many pods a service is to have, and has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pods {
    pub(crate) asked: u64,
    pub(crate) ready: u64,
}

impl Pods {
    /// Whether there are, and are to be, no more than so many.
    pub(crate) const fn are_at_most(self, most: u64) -> bool {
        self.asked <= most && self.ready <= most
    }
}

/// The services that are scaled.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Services {
    pub(crate) workers: Pods,
    pub(crate) ingest: Pods,
    pub(crate) status: Pods,
}

#[derive(Deserialize)]
struct Deployments {
    items: Vec<Deployment>,
}

#[derive(Deserialize)]
struct Deployment {
    metadata: Metadata,
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
struct Spec {
    replicas: u64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// Left out when there are none.
    #[serde(default)]
    ready_replicas: u64,
}

/// As the cluster says now.
pub(crate) async fn count(namespace: &str) -> Result<Services> {
    let selector = format!("app.kubernetes.io/instance={NAME}");
    let arguments = [
        "get",
        "deployments",
        "--selector",
        &selector,
        "--output=json",
    ];
    let printed = kubectl(namespace, &arguments).await?;
    read(&printed)
}

fn read(printed: &str) -> Result<Services> {
    let deployments: Deployments =
        serde_json::from_str(printed).context("what kubectl says of deployments")?;
    let of = |name: &str| {
        let name = format!("{NAME}-{name}");
        let found = deployments
            .items
            .iter()
            .find(|deployment| deployment.metadata.name == name)
            .with_context(|| format!("there is no Deployment {name}"))?;
        anyhow::Ok(Pods {
            asked: found.spec.replicas,
            ready: found.status.ready_replicas,
        })
    };
    Ok(Services {
        workers: of("scorer-worker")?,
        ingest: of("ingest-api")?,
        status: of("status-api")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_ready_is_left_out_by_kubernetes() {
        let printed = r#"{"items": [
            {"metadata": {"name": "autorater-scorer-worker"}, "spec": {"replicas": 3}, "status": {"replicas": 3}},
            {"metadata": {"name": "autorater-ingest-api"}, "spec": {"replicas": 1}, "status": {"readyReplicas": 1}},
            {"metadata": {"name": "autorater-status-api"}, "spec": {"replicas": 0}}]}"#;
        let services = read(printed).unwrap();
        assert_eq!(services.workers, Pods { asked: 3, ready: 0 });
        assert_eq!(services.ingest, Pods { asked: 1, ready: 1 });
        assert_eq!(services.status, Pods::default());
    }
}
