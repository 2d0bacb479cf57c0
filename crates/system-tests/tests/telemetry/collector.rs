//! A collector: a real OTLP/gRPC server that keeps what it is sent.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::http::{HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::spans::{Attributes, Record, Span, attributes};

/// Of a gRPC message: whether it is compressed, and how long it is.
const PREFIX: usize = 5;

/// Less than what a service waits for.
const SLOW: Duration = Duration::from_secs(2);

/// How requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Takes,
    /// As [`Mode::Takes`], after a while.
    Slow,
    /// Not at all, while the connection lasts.
    Hangs,
    /// With a refusal (gRPC status 8, `RESOURCE_EXHAUSTED`).
    Refuses,
}

struct Inner {
    mode: Mode,
    spans: Vec<Span>,
    records: Vec<Record>,
    /// All requests as they came.
    raw: Vec<Bytes>,
}

/// A running collector; it stops when this is dropped.
pub(crate) struct Collector {
    endpoint: String,
    inner: Arc<Mutex<Inner>>,
    _tasks: JoinSet<()>,
}

impl Collector {
    pub(crate) async fn start(mode: Mode) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let inner = Arc::new(Mutex::new(Inner {
            mode,
            spans: Vec::new(),
            records: Vec::new(),
            raw: Vec::new(),
        }));
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&inner);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                let connection = http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move { drop(connection.await) });
            }
        });
        Ok(Self {
            endpoint,
            inner,
            _tasks: tasks,
        })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// How it answers from now on.
    pub(crate) fn is(&self, mode: Mode) {
        self.with(|inner| inner.mode = mode);
    }

    /// All spans so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.with(|inner| inner.spans.clone())
    }

    /// The spans of a trace so far.
    pub(crate) fn trace(&self, trace: &str) -> Vec<Span> {
        let mut spans = self.spans();
        spans.retain(|span| span.trace == trace);
        spans
    }

    /// The log records of an evaluation so far.
    pub(crate) fn records(&self, evaluation: &str) -> Vec<Record> {
        let mut records = self.with(|inner| inner.records.clone());
        records.retain(|record| record.attributes.has("autorater.evaluation.id", evaluation));
        records
    }

    /// All requests so far, as they came.
    pub(crate) fn raw(&self) -> Vec<Bytes> {
        self.with(|inner| inner.raw.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn answer(
    inner: Arc<Mutex<Inner>>,
    request: Request<Incoming>,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let message = body.slice(PREFIX.min(body.len())..);
    let mode = inner.lock().unwrap_or_else(PoisonError::into_inner).mode;
    if mode == Mode::Slow {
        tokio::time::sleep(SLOW).await;
    }
    let (reply, status) = match mode {
        Mode::Hangs => std::future::pending().await,
        Mode::Refuses => (Vec::new(), 8),
        Mode::Takes | Mode::Slow => {
            let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.raw.push(message.clone());
            (inner.take(&path, message), 0)
        }
    };
    let mut framed = BytesMut::new();
    if status == 0 {
        framed.put_u8(0);
        framed.put_u32(u32::try_from(reply.len()).unwrap_or_default());
        framed.put_slice(&reply);
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(status));
    let body = Full::new(framed.freeze()).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", kind);
    Ok(response)
}

impl Inner {
    fn take(&mut self, path: &str, message: Bytes) -> Vec<u8> {
        if path.ends_with("TraceService/Export") {
            let request = ExportTraceServiceRequest::decode(message);
            let request = request.unwrap_or_else(|error| panic!("no spans: {error}"));
            for of_resource in request.resource_spans {
                let resource = of_resource.resource.unwrap_or_default();
                let service = service(&attributes(resource.attributes));
                for of_scope in of_resource.scope_spans {
                    assert_eq!(
                        of_scope.schema_url,
                        "https://opentelemetry.io/schemas/1.45.0"
                    );
                    let spans = of_scope.spans.into_iter();
                    self.spans
                        .extend(spans.map(|span| Span::of(&service, span)));
                }
            }
            ExportTraceServiceResponse::default().encode_to_vec()
        } else {
            assert!(path.ends_with("LogsService/Export"), "{path}");
            let request = ExportLogsServiceRequest::decode(message);
            let request = request.unwrap_or_else(|error| panic!("no log records: {error}"));
            for of_resource in request.resource_logs {
                for of_scope in of_resource.scope_logs {
                    self.records
                        .extend(of_scope.log_records.into_iter().map(Record::of));
                }
            }
            ExportLogsServiceResponse::default().encode_to_vec()
        }
    }
}

fn service(resource: &Attributes) -> String {
    assert!(
        resource.has("service.namespace", "autorater"),
        "{resource:?}"
    );
    resource.text("service.name")
}
