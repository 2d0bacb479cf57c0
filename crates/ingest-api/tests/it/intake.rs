//! What a post leaves behind: a row, and an entry while the stream is short.

use std::cell::Cell;

use domain::{Priority, State};
use futures::channel::mpsc;
use local_stack::eventually;
use reqwest::Body;

use crate::support::{Bench, SOON, id_of, problem};

fn payload(n: usize) -> String {
    format!(r#"{{"output":"Candidate {n}."}}"#)
}

#[tokio::test]
async fn the_stream_is_filled_up_to_its_window_and_the_rest_is_the_relays() {
    let bench = Bench::start(|settings| settings.worker.stream_window = 2).await;
    // The window is looked at from time to time: what comes before the first look is the relay's as well.
    let posted = Cell::new(0);
    let filled = eventually(SOON, async || {
        posted.set(posted.get() + 1);
        let answer = bench.post(&payload(posted.get())).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        match bench.redis.length(Priority::Interactive).await.unwrap() {
            2 => Ok(()),
            length => Err(format!("{length} entries")),
        }
    });
    filled.await.unwrap();
    let last = payload(posted.get() + 1);
    let answer = bench.post(&last).send().await.unwrap();
    assert_eq!(answer.status(), 202, "durable all the same");
    let settled = eventually(SOON, async || match bench.announced().await {
        2 => Ok(()),
        other => Err(format!("{other} marked")),
    });
    settled.await.unwrap();
    assert_eq!(bench.redis.length(Priority::Interactive).await.unwrap(), 2);
    assert_eq!(bench.redis.length(Priority::Batch).await.unwrap(), 0);
    assert_eq!(bench.evaluation(id_of(&last)).await.state, State::Queued);
}

/// A batch that is still being sent holds all the memory that there is for bodies.
#[tokio::test]
async fn bodies_beyond_what_is_held_at_once_are_refused_until_there_is_room() {
    let bench = Bench::start(|settings| {
        settings.http.body_limit = 64 * 1024;
        // A line, a group of lines and their answers.
        settings.http.max_in_flight_bytes = (64 + 1024 + 64) * 1024;
    })
    .await;
    let (send, receive) = mpsc::unbounded::<Result<String, std::io::Error>>();
    let batch = bench.batch(Body::wrap_stream(receive)).send();
    let batch = batch.await.unwrap();
    let refused = eventually(SOON, async || {
        match bench.post(&payload(1)).send().await.unwrap() {
            answer if answer.status() == 503 => Ok(answer),
            answer => Err(answer.status().to_string()),
        }
    });
    let refused = refused.await.unwrap();
    assert!(refused.headers().contains_key("retry-after"));
    problem(refused, 503, "overloaded").await;
    send.unbounded_send(Ok(payload(2))).unwrap();
    send.close_channel();
    let answers = batch.text().await.unwrap();
    assert!(answers.contains(r#""created":true"#), "{answers}");
    let taken = eventually(SOON, async || {
        let answer = bench.post(&payload(3)).send().await.unwrap();
        answer.status() == 202
    });
    taken.await.unwrap();
}
