//! Why a server does not answer: the client library tries for ever, and says of each try only that it was not in time.

use std::time::Duration;

use fred::types::config::{Server, ServerConfig, TlsConnector};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::connection::Redis;

/// For each of the two looks.
const BOUND: Duration = Duration::from_millis(900);
/// The head of a TLS record with an empty hello: whoever speaks TLS answers with a record, an alert.
const HELLO: &[u8] = &[0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0x00, 0x00, 0x00];

impl Redis {
    /// What is wrong with the URL, or with the settings of TLS, of a server that is there and does not answer; `None`: nothing that is
    /// known.
    pub async fn diagnose(&self) -> Option<String> {
        let is_encrypted = self.options.is_encrypted();
        if let Some(speaks_tls) = self.speaks_tls(is_encrypted).await
            && speaks_tls != is_encrypted
        {
            return Some(if speaks_tls {
                "the server takes encrypted connections only: REDIS_URL has to begin with `rediss`"
                    .to_owned()
            } else {
                "the server does not speak TLS: REDIS_URL has to begin with `redis:` or `redis-`"
                    .to_owned()
            });
        }
        let refused = self.refused_certificate().await?;
        Some(format!(
            "{refused}; AUTORATER__REDIS__CA_FILE names who has signed it"
        ))
    }

    /// `None`: it does not say.
    async fn speaks_tls(&self, is_encrypted: bool) -> Option<bool> {
        let Server { host, port, .. } = self.first()?;
        let look = async {
            let mut socket = TcpStream::connect((host.to_string(), port)).await.ok()?;
            // What the other side would not take for its own: an error in words, or an alert.
            let probe = if is_encrypted {
                b"PING\r\n".as_slice()
            } else {
                HELLO
            };
            socket.write_all(probe).await.ok()?;
            socket.read_u8().await.ok()
        };
        let first = tokio::time::timeout(BOUND, look).await.ok()??;
        match first {
            b'+' | b'-' => Some(false),
            // A handshake or an alert.
            0x15 | 0x16 => Some(true),
            _ => None,
        }
    }

    fn first(&self) -> Option<Server> {
        let config = self.options.config().ok()?;
        match config.server {
            ServerConfig::Centralized { server } => Some(server),
            ServerConfig::Sentinel { hosts, .. } => hosts.into_iter().next(),
            ServerConfig::Clustered { .. } => None,
        }
    }

    /// What is wrong with the server's certificate, asked on a connection of its own.
    async fn refused_certificate(&self) -> Option<String> {
        let config = self.options.config().ok()?;
        let TlsConnector::Rustls(connector) = config.tls?.connector;
        let Server { host, port, .. } = self.first()?;
        let name = ServerName::try_from(host.to_string()).ok()?;
        let look = async {
            let socket = TcpStream::connect((host.to_string(), port)).await.ok()?;
            connector.connect(name, socket).await.err()
        };
        let error = tokio::time::timeout(BOUND, look).await.ok()??;
        let error = error.to_string();
        error.contains("certificate").then_some(error)
    }
}
