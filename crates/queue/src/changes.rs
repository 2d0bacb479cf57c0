//! Wake-ups: a channel that carries the ids of evaluations that changed.
//!
//! Delivery is not guaranteed and need not be: whoever waits also looks from time to time.

use domain::EvaluationId;
use fred::clients::SubscriberClient;
use fred::prelude::*;
use fred::types::config::Server;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::connection::Redis;
use crate::error::Result;

pub(crate) const CHANNEL: &str = "wake";

/// A subscription. It reconnects and subscribes again by itself.
#[derive(Debug)]
pub struct ChangeSubscription {
    messages: Receiver<fred::types::Message>,
    connections: Receiver<Server>,
    client: SubscriberClient,
}

/// The connection of a subscription; clones share it.
#[derive(Debug, Clone)]
pub struct ConnectionProbe(SubscriberClient);

/// What a subscription heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// This evaluation changed.
    Changed(EvaluationId),
    /// Messages were missed, or the connection is new: anything may have changed.
    Missed,
}

impl Redis {
    /// Says that an evaluation changed.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn publish_changes(&self, id: EvaluationId) -> Result<()> {
        Ok(self
            .client
            .publish::<(), _, _>(self.key(CHANNEL), id.to_string())
            .await?)
    }

    /// Subscribes, as soon as the server is there.
    ///
    /// # Errors
    /// [`crate::Error::Settings`].
    pub fn subscribe_changes(&self) -> Result<ChangeSubscription> {
        let client = self.subscriber_client()?;
        let (messages, connections) = (client.message_rx(), client.reconnect_rx());
        drop(client.connect());
        drop(client.manage_subscriptions());
        let (subscriber, channel) = (client.clone(), self.key(CHANNEL));
        // The first subscription waits for the first connection; later ones are the manager's.
        drop(client.on_reconnect(move |_| {
            let (subscriber, channel) = (subscriber.clone(), channel.clone());
            async move {
                if subscriber.tracked_channels().is_empty() {
                    subscriber.subscribe(channel).await?;
                }
                Ok(())
            }
        }));
        Ok(ChangeSubscription {
            messages,
            connections,
            client,
        })
    }
}

impl ChangeSubscription {
    /// The next wake-up; `None` when the client was shut down.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            let message = tokio::select! {
                biased;
                Ok(_) | Err(RecvError::Lagged(_)) = self.connections.recv() => return Some(Change::Missed),
                message = self.messages.recv() => message,
            };
            match message {
                Ok(message) => {
                    let id = message.value.as_str().and_then(|text| text.parse().ok());
                    if let Some(id) = id {
                        return Some(Change::Changed(EvaluationId(id)));
                    }
                }
                Err(RecvError::Lagged(_)) => return Some(Change::Missed),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Its connection, to be asked while somebody waits for the next wake-up.
    #[must_use]
    pub fn connection(&self) -> ConnectionProbe {
        ConnectionProbe(self.client.clone())
    }
}

impl ConnectionProbe {
    /// Whether wake-ups come through: the server answers on the same connection. The client's own idea of
    /// being connected is not to be trusted.
    pub async fn probe(&self) -> bool {
        self.0.ping::<()>(None).await.is_ok()
    }
}
