//! Watches evaluations: many streams of server-sent events at once.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use hyper::Uri;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::figures;

/// Streams that are being opened at once.
const AT_ONCE: usize = 100;
const BOUND: Duration = Duration::from_secs(300);

/// Watch evaluations until all have ended. Prints a line once all streams are open, and one at the end.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// status-api's address.
    #[arg(long)]
    url: Uri,
    /// Ids of evaluations, in turn one for each stream.
    #[arg(long, value_delimiter = ',', required = true)]
    ids: Vec<String>,
    /// How many streams.
    #[arg(long)]
    streams: usize,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let address = args
        .url
        .authority()
        .context("the URL has no host")?
        .to_string();
    let begun = Instant::now();
    let mut streams = Vec::new();
    let numbers: Vec<usize> = (0..args.streams).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let open = numbers.iter().map(|number| {
            let id = args.ids.get(number % args.ids.len()).cloned();
            open(&address, id.unwrap_or_default())
        });
        streams.extend(timeout(BOUND, try_join_all(open)).await??);
    }
    figures::print(&json!({"open": streams.len(), "seconds": begun.elapsed().as_secs_f64()}))?;
    let first = Rc::new(Cell::new(None));
    let ends = streams.into_iter().map(|stream| end(stream, &first));
    timeout(BOUND, try_join_all(ends)).await??;
    let spread = first
        .get()
        .map(|first: Instant| first.elapsed().as_secs_f64());
    figures::print(&json!({"ended": args.streams, "seconds_from_first_to_last": spread}))
}

/// Opens a stream; done with its first event.
async fn open(address: &str, id: String) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /v1/evaluations/{id}/events HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; 1024];
    let read = stream.read(&mut head).await?;
    let head = String::from_utf8_lossy(head.get(..read).unwrap_or_default());
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    Ok(stream)
}

/// Reads until the stream has told the end.
async fn end(mut stream: TcpStream, first: &Cell<Option<Instant>>) -> Result<()> {
    let mut seen: Vec<u8> = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        ensure!(read > 0, "a stream broke off before it ended");
        seen.extend_from_slice(buffer.get(..read).unwrap_or_default());
        if seen.windows(11).any(|bytes| bytes == b"event: done") {
            break;
        }
        // A word may stand on the border of two reads.
        let kept = seen.len().saturating_sub(11);
        seen.drain(..kept);
    }
    if first.get().is_none() {
        first.set(Some(Instant::now()));
    }
    Ok(())
}
