//! What is known here of breakers that all workers share, also of those that this worker asks nothing.

use crate::Engine;

impl Engine {
    /// Looks how the shared breakers are, or finds that they cannot be asked. `model` is the judge model of the settings.
    pub async fn refresh_circuits(&self, model: &str) {
        let breakers = self.providers.breakers(model);
        let deployments: Vec<String> = breakers
            .iter()
            .map(|breaker| breaker.deployment().to_owned())
            .collect();
        let mut circuits = self
            .limiter
            .circuits(&deployments)
            .await
            .unwrap_or_default()
            .into_iter();
        for breaker in &breakers {
            breaker.adopt(circuits.next());
        }
    }
}
