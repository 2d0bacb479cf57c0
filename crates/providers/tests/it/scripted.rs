//! A provider that answers what it is told to, byte for byte.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use domain::routing::{Api, ProviderConfig};
use serde_json::Value;

use crate::mock::options_at;

/// An answer: its status, content type and body.
pub(crate) type Scripted = (u16, &'static str, Vec<u8>);

/// A scripted provider; its thread ends with the test.
pub(crate) struct Script {
    url: String,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Script {
    /// Gives these answers, one after the other, the last one again and again.
    pub(crate) fn of(answers: Vec<Scripted>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Value>>> = Arc::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                seen.lock().unwrap().push(read(&mut stream));
                let answer = answers.get(number).or_else(|| answers.last());
                let (status, kind, body) = answer.unwrap();
                let head = format!(
                    "HTTP/1.1 {status} Scripted\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(body).unwrap();
            }
        });
        Self { url, requests }
    }

    pub(crate) fn options(&self, api: Api) -> ProviderConfig {
        ProviderConfig {
            api,
            ..options_at(&self.url)
        }
    }

    /// The bodies of the requests so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }
}

/// The body of a request.
fn read(stream: &mut TcpStream) -> Value {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.unwrap().trim().parse().unwrap();
            if bytes.len() >= end + 4 + length {
                return serde_json::from_slice(&bytes[end + 4..]).unwrap();
            }
        }
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "half a request");
        bytes.extend_from_slice(&piece[..count]);
    }
}

/// A stream of these events.
pub(crate) fn stream(events: &[Value]) -> Scripted {
    let lines: String = events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    (
        200,
        "text/event-stream",
        format!("{lines}data: [DONE]\n\n").into_bytes(),
    )
}

/// A JSON document.
pub(crate) fn document(status: u16, body: &Value) -> Scripted {
    (status, "application/json", body.to_string().into_bytes())
}
