//! What workers say of the deployments.

use std::time::Duration;

use domain::Limits;
use domain::deployment_state::{BreakerState, DeploymentState};
use storage::deployment_states::{load, publish};

use crate::support::{Bench, LEASE};

#[tokio::test]
async fn those_who_are_alive_are_heard_and_only_what_they_said_last() {
    let bench = Bench::migrated().await;
    let told = |in_flight| DeploymentState {
        provider: "p".to_owned(),
        model: "m\0".to_owned(),
        is_configured: true,
        asked_by: vec!["somebody".to_owned()],
        state: BreakerState::Open,
        reason: None,
        is_shared: true,
        for_ms: Some(7),
        in_flight,
        admitted: 3,
        waiting: 0,
        limits: Limits::default(),
        listing: None,
        errors: Vec::new(),
    };
    let [one, dead, silent] = [
        bench.worker().await,
        bench.worker().await,
        bench.worker().await,
    ];
    for worker in [one, dead, silent] {
        publish(&bench.database, worker, &[told(1)]).await.unwrap();
    }
    publish(&bench.database, one, &[told(2)]).await.unwrap();
    bench.silence(dead).await;
    let long_ago = "UPDATE workers SET deployments_at = now() - interval '1 day' WHERE id = $1";
    bench.execute(long_ago, &[&silent]).await;
    let heard = load(&bench.database, LEASE).await.unwrap();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].deployments, [told(2)]);
    bench.execute("UPDATE workers SET lease = NULL", &[]).await;
    assert_eq!(load(&bench.database, Duration::ZERO).await.unwrap(), []);
}
