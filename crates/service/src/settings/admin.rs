//! `[admin]`: liveness, readiness and metrics.

use std::net::SocketAddr;

use super::section::section;

section! {
    /// Where a service answers its operator.
    pub struct Admin in "admin" {
        /// The address of `/livez`, `/readyz` and `/metrics`; never the public address.
        addr: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 9080)),
            usual "ADMIN_ADDR",
            note "`127.0.0.1:9080` ingest-api, `127.0.0.1:9081` status-api, `127.0.0.1:9082` scorer-worker";
    }
}
