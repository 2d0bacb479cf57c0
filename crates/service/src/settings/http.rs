//! `[http]`: the public HTTP address and its bounds.

use std::{net::SocketAddr, time::Duration};

use url::Url;

use super::section::section;

section! {
    /// The public HTTP address of ingest-api and status-api, and its bounds.
    pub struct Http in "http" {
        /// The public address. Images set `0.0.0.0`.
        listen_addr: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
            usual "LISTEN_ADDR", note "`127.0.0.1:8080` ingest-api, `127.0.0.1:8081` status-api";
        /// How clients reach status-api; for `Location` and `status_url`.
        status_url: Url = status_url_default(), usual "STATUS_URL", check super::web_url;
        /// How clients reach ingest-api; for what the dashboard says to post.
        ingest_url: Url = ingest_url_default(), usual "INGEST_URL", check super::web_url;
        /// Bytes that a request body may have after decompression.
        body_limit: u64 = 4 << 20, range (1 << 10)..=(256 << 20);
        /// How long a request may take before it is answered 408 or 503.
        request_timeout: Duration = Duration::from_secs(30);
        /// Upper bound of `?wait=`.
        max_wait: Duration = Duration::from_secs(60);
        /// Requests that wait at once by `?wait=` in one process before the answer is 503 `overloaded`.
        max_waiters: usize = 1_000, range 1..=1_000_000;
        /// Streams of events that are open at once in one process before the answer is 503 `overloaded`.
        max_streams: usize = 20_000, range 1..=1_000_000;
        /// Bytes of request bodies held at once before the answer is 503 `overloaded`. Not smaller
        /// than `http.body_limit`.
        max_in_flight_bytes: u64 = 256 << 20, range (1 << 10)..=(1 << 40);
        /// How long requests under way may take to end once the process is asked to stop.
        drain: Duration = Duration::from_secs(20);
    }
}

impl Http {
    /// The status URL without its trailing slashes, ready for a path to be appended.
    #[must_use]
    pub fn status_base(&self) -> &str {
        self.status_url.as_str().trim_end_matches('/')
    }

    /// The ingest URL likewise.
    #[must_use]
    pub fn ingest_base(&self) -> &str {
        self.ingest_url.as_str().trim_end_matches('/')
    }
}

#[expect(clippy::expect_used, reason = "a constant that the tests parse")]
fn status_url_default() -> Url {
    Url::parse("http://127.0.0.1:8081").expect("a valid URL")
}

#[expect(clippy::expect_used, reason = "a constant that the tests parse")]
fn ingest_url_default() -> Url {
    Url::parse("http://127.0.0.1:8080").expect("a valid URL")
}
