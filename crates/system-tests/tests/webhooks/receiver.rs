//! A receiver of webhooks: a real server that answers as a test says.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::RETRY_AFTER;
use hyper::http::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How a message is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Status(u16),
    /// With `Retry-After`, in seconds.
    Later(u16, u32),
    /// Not at all, while the connection lasts.
    Hang,
}

/// A message that came, whatever it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) at: Timestamp,
}

#[derive(Default)]
struct Inner {
    received: Vec<Received>,
    /// By path: what is answered next, the last one for ever. 204 where there is nothing.
    replies: HashMap<String, VecDeque<Reply>>,
}

/// A running receiver; it stops when this is dropped.
pub(crate) struct Receiver {
    base: String,
    inner: Arc<Mutex<Inner>>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let inner = Arc::new(Mutex::new(Inner::default()));
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&inner);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move { drop(connection.await) });
            }
        });
        Ok(Self {
            base,
            inner,
            _tasks: tasks,
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What is answered at a path, one after another; the last one for ever.
    pub(crate) fn answers(&self, path: &str, replies: impl Into<VecDeque<Reply>>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.replies.insert(path.to_owned(), replies.into());
    }

    /// What came to a path, the first one first.
    pub(crate) fn at(&self, path: &str) -> Vec<Received> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let here = inner.received.iter().filter(|each| each.path == path);
        here.cloned().collect()
    }

    /// All that came.
    pub(crate) fn all(&self) -> Vec<Received> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.received.clone()
    }
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Checks its signature with the published library.
    pub(crate) fn verify(&self, secret: &str) -> Result<()> {
        let webhook = Webhook::new(secret).context("no secret")?;
        let verified = webhook.verify(&self.body, &self.headers);
        verified.context("the signature does not fit")
    }
}

async fn answer(
    inner: Arc<Mutex<Inner>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let body = body.collect().await.map(|body| body.to_bytes());
    let reply = {
        let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.received.push(Received {
            path: path.clone(),
            headers: head.headers,
            body: body.unwrap_or_default(),
            at: Timestamp::now(),
        });
        match inner.replies.get_mut(&path) {
            Some(replies) if replies.len() > 1 => replies.pop_front(),
            Some(replies) => replies.front().copied(),
            None => None,
        }
    };
    let mut response = Response::new(Full::default());
    let status = match reply {
        None => 204,
        Some(Reply::Status(status)) => status,
        Some(Reply::Later(status, seconds)) => {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
            status
        }
        Some(Reply::Hang) => std::future::pending().await,
    };
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    Ok(response)
}
