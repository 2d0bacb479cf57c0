//! What a post leaves behind: a row, and an entry while the stream is short.

use domain::{Priority, State};
use local_stack::eventually;

use crate::support::{Bench, SOON, id_of, problem};

fn payload(n: usize) -> String {
    format!(r#"{{"output":"Candidate {n}."}}"#)
}

#[tokio::test]
async fn the_stream_is_filled_up_to_its_window_and_the_rest_is_the_relays() {
    let bench = Bench::start(|settings| settings.worker.stream_window = 2).await;
    // The window is looked at from time to time: what comes before the first look is the relay's as well.
    let mut posted = 0;
    let filled = eventually(SOON, async || {
        posted += 1;
        let answer = bench.post(&payload(posted)).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        match bench.redis.length(Priority::Interactive).await.unwrap() {
            2 => Ok(()),
            length => Err(format!("{length} entries")),
        }
    });
    filled.await.unwrap();
    let last = payload(posted + 1);
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

#[tokio::test]
async fn bodies_beyond_what_is_held_at_once_are_refused_until_there_is_room() {
    let bench = Bench::start(|settings| {
        settings.http.body_limit = 64 * 1024;
        settings.http.max_in_flight_bytes = 64 * 1024;
    })
    .await;
    // Of unknown length: as much as a body may have is set aside while it comes.
    let (send, receive) = futures::channel::mpsc::unbounded::<Result<String, std::io::Error>>();
    let slow = bench.post("").body(reqwest::Body::wrap_stream(receive));
    let slow = tokio::spawn(slow.send());
    let refused = eventually(SOON, async || {
        let answer = bench.post(&payload(1)).send().await.unwrap();
        match answer.status().as_u16() {
            503 => Ok(answer),
            status => Err(format!("{status}: the slow one has not begun")),
        }
    });
    let refused = refused.await.unwrap();
    assert!(refused.headers().contains_key("retry-after"));
    problem(refused, 503, "overloaded").await;
    send.unbounded_send(Ok(payload(2))).unwrap();
    send.close_channel();
    assert_eq!(slow.await.unwrap().unwrap().status(), 202);
    let answer = bench.post(&payload(3)).send().await.unwrap();
    assert_eq!(answer.status(), 202);
}
