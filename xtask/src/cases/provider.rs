//! A provider that answers what it is told to, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Answer, Answers};

/// No request is larger, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// A provider with a place of its own for each case: `/NUMBER/v1`.
pub(crate) struct Provider {
    pub(crate) address: String,
    desks: Arc<Mutex<BTreeMap<usize, Desk>>>,
    /// Ends with it.
    _server: JoinSet<()>,
}

/// What is answered at one place, and what was asked there.
#[derive(Debug, Default)]
struct Desk {
    answers: Option<Answers>,
    whole: Option<Answers>,
    requests: usize,
    keys: BTreeMap<String, BTreeSet<Vec<u8>>>,
}

impl Provider {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let desks: Arc<Mutex<BTreeMap<usize, Desk>>> = Arc::default();
        let mut server = JoinSet::new();
        let of_server = Arc::clone(&desks);
        server.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let desks = Arc::clone(&of_server);
                connections.spawn(async move {
                    // Who hangs up needs no answer.
                    drop(serve(stream, &desks).await);
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            address,
            desks,
            _server: server,
        })
    }

    /// What is answered at a place from now on, and where no stream is asked for; nothing was asked there yet.
    pub(crate) fn answers(&self, number: usize, answers: &Answers, whole: Option<&Answers>) {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = Desk {
            answers: Some(answers.clone()),
            whole: whole.cloned(),
            ..Desk::default()
        };
        desks.insert(number, desk);
    }

    /// How many requests there were at a place, and how many keys with different bodies.
    pub(crate) fn asked(&self, number: usize) -> (usize, usize) {
        let desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        desks.get(&number).map_or((0, 0), |desk| {
            let shared = desk.keys.values().filter(|bodies| bodies.len() > 1);
            (desk.requests, shared.count())
        })
    }
}

async fn serve(mut stream: TcpStream, desks: &Mutex<BTreeMap<usize, Desk>>) -> Result<()> {
    let (head, body) = read(&mut stream).await?;
    let number = head
        .split('/')
        .nth(1)
        .and_then(|number| number.parse().ok());
    let number: usize = number.context("a path without a number")?;
    if !head.starts_with("POST ") {
        // A list of models, which is asked for beside the calls.
        stream.write_all(&wire(&no_such_page())).await?;
        return Ok(stream.shutdown().await?);
    }
    let key = header(&head, "idempotency-key").unwrap_or_default();
    let asks: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = {
        let mut desks = desks.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = desks.entry(number).or_default();
        desk.keys.entry(key.to_owned()).or_default().insert(body);
        let nth = desk.requests;
        desk.requests += 1;
        let is_stream = asks.get("stream").and_then(Value::as_bool) == Some(true);
        let whole = desk.whole.as_ref().filter(|_| !is_stream);
        // The first answers may be refusals, whatever is asked for.
        let first = desk.answers.as_ref().and_then(|answers| answers.get(nth));
        let of_whole = whole.and_then(|answers| answers.get(nth));
        let refusal = first.filter(|answer| answer.status >= 400);
        refusal.or(of_whole).or(first).cloned()
    };
    stream
        .write_all(&wire(&answer.context("no answer")?))
        .await?;
    stream.shutdown().await?;
    Ok(())
}

/// What is answered to all but calls.
fn no_such_page() -> Answer {
    Answer {
        status: 404,
        headers: BTreeMap::new(),
        body: String::new(),
    }
}

/// A request's head and body.
async fn read(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        let count = stream.read_buf(&mut bytes).await?;
        anyhow::ensure!(count > 0 && bytes.len() < LARGEST, "half a request");
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
    let length = header(&head, "content-length").and_then(|length| length.parse().ok());
    let length: usize = length.unwrap_or_default();
    anyhow::ensure!(length < LARGEST, "a request that is too large");
    let mut body = bytes.split_off(end);
    while body.len() < length {
        let count = stream.read_buf(&mut body).await?;
        anyhow::ensure!(count > 0, "half a body");
    }
    Ok((head, body))
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(found.1.trim())
}

fn wire(answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let length = answer.body.len();
    head.push_str(&format!(
        "content-length: {length}\r\nconnection: close\r\n\r\n"
    ));
    [head.as_bytes(), answer.body.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(address: &str, head: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("{head} HTTP/1.1\r\ncontent-length: 2\r\nidempotency-key: k\r\n\r\n{{}}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_calls_take_an_answer() {
        let provider = Provider::start().await.unwrap();
        let answer = |status, body: &str| Answer {
            status,
            headers: BTreeMap::new(),
            body: body.to_owned(),
        };
        let answers = Answers::Several(vec![answer(400, "first"), answer(200, "second")]);
        provider.answers(7, &answers, None);
        let models = ask(&provider.address, "GET /7/v1/models").await;
        assert!(models.starts_with("HTTP/1.1 404"), "{models}");
        assert_eq!(provider.asked(7), (0, 0));
        let call = "POST /7/v1/chat/completions";
        for body in ["first", "second", "second"] {
            assert!(ask(&provider.address, call).await.ends_with(body));
        }
        assert_eq!(provider.asked(7), (3, 0));
    }
}
