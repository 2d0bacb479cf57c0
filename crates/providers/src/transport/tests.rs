mod variants;

use std::num::NonZeroU32;

use super::*;
use crate::chat::Completion;

async fn events(
    body: impl Stream<Item = Result<Bytes, Failed>>,
    first: Instant,
    silence: ReadTimeouts,
    gather: &mut impl ResponseDecoder,
) -> Result<(), Failed> {
    let taken = super::events(body, first, silence, gather).await;
    taken.map_err(|error| error.classify(&[]))
}

const SECOND: ReadTimeouts = ReadTimeouts {
    first_byte: Duration::from_secs(1),
    chunk: Duration::from_secs(1),
};
const TEXT: &str = r#"data: {"choices":[{"delta":{"content":"Score: 1"},"finish_reason":""}]}"#;
const STOP: &str = r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#;

async fn read(lines: &[&str]) -> Result<Completion, Failed> {
    read_choices(lines, NonZeroU32::MIN).await
}

async fn read_choices(lines: &[&str], asked: NonZeroU32) -> Result<Completion, Failed> {
    let mut completion = Completion::of(asked);
    let text: String = lines.iter().map(|line| format!("{line}\r\n\r\n")).collect();
    let body = stream::iter([Ok(Bytes::from(text))]);
    let first = Instant::now() + SECOND.first_byte;
    events(body, first, SECOND, &mut completion).await?;
    Ok(completion)
}

#[tokio::test]
async fn byte_order_marks_before_a_stream_are_no_part_of_it() {
    let marked = format!("\u{feff}\u{feff}{TEXT}\r\n\r\n{STOP}\r\n\r\n");
    let bytes = marked.as_bytes();
    for pieces in [
        vec![bytes],
        vec![&bytes[..1], &bytes[1..]],
        vec![&bytes[..1], &bytes[1..2], &bytes[2..]],
        vec![&bytes[..3], &bytes[3..]],
        bytes.chunks(1).collect(),
    ] {
        let lengths: Vec<usize> = pieces.iter().take(4).map(|piece| piece.len()).collect();
        let pieces: Vec<_> = pieces
            .into_iter()
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        let mut completion = Completion::of(NonZeroU32::MIN);
        let first = Instant::now() + SECOND.first_byte;
        let body = bytes::text(stream::iter(pieces));
        let read = events(body, first, SECOND, &mut completion).await;
        read.unwrap();
        assert_eq!(completion.complete(), Complete::Yes, "{lengths:?}");
    }
}

#[tokio::test]
async fn what_comes_behind_an_answer_takes_nothing_away() {
    for rest in [
        "data: [DONE]",
        ": bye",
        "data: half a docu",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4},\"error\":null}",
        "data: {\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}",
    ] {
        let read = read(&[TEXT, STOP, rest]).await.unwrap();
        assert_eq!(read.complete(), Complete::Yes, "{rest}");
    }
}

#[tokio::test]
async fn half_an_answer_is_none() {
    for rest in [
        ": keep-alive",
        "data: half a docu",
        "data: {\"error\": {\"code\": 500}}",
    ] {
        assert!(read(&[TEXT, rest]).await.is_err(), "{rest}");
    }
}

#[tokio::test]
async fn a_choice_that_has_ended_is_an_answer_whatever_becomes_of_those_that_never_began() {
    let two = NonZeroU32::new(2).unwrap();
    for rest in [
        ": bye",
        "data: {\"error\": {\"code\": 500}}",
        "data: half a docu",
    ] {
        let read = read_choices(&[TEXT, STOP, rest], two).await.unwrap();
        assert_eq!(read.complete(), Complete::SoFar, "{rest}");
    }
    // One that has begun has to end.
    let second = r#"data: {"choices":[{"index":1,"delta":{"content":"Score: 2"}}]}"#;
    assert!(read_choices(&[TEXT, STOP, second], two).await.is_err());
}

#[tokio::test]
async fn before_the_next_choice_the_model_may_think() {
    const SECOND_TEXT: &str = r#"data: {"choices":[{"index":1,"delta":{"content":"Score: 2"}}]}"#;
    const SECOND_STOP: &str =
        r#"data: {"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#;
    let two = NonZeroU32::new(2).unwrap();
    let silence = ReadTimeouts {
        first_byte: Duration::from_secs(1),
        chunk: Duration::from_millis(20),
    };
    let thought = silence.chunk * 10;
    // What comes at once, then after a thought, then nothing any more.
    let gather = async |at_once: &[&str], later: &[&str]| {
        let piece = |lines: &[&str]| -> String {
            lines.iter().map(|line| format!("{line}\r\n\r\n")).collect()
        };
        let later = piece(later);
        let body = stream::iter([Ok(Bytes::from(piece(at_once)))])
            .chain(stream::once(async move {
                tokio::time::sleep(thought).await;
                Ok(Bytes::from(later))
            }))
            .chain(stream::pending());
        let mut completion = Completion::of(two);
        let first = Instant::now() + silence.first_byte;
        let gathered = events(body, first, silence, &mut completion).await;
        gathered.map(|()| completion.complete())
    };
    let in_turn = gather(&[TEXT, STOP], &[SECOND_TEXT, SECOND_STOP]);
    assert_eq!(in_turn.await.unwrap(), Complete::Yes);
    let stuck = gather(&[TEXT, STOP], &[SECOND_TEXT]);
    assert!(stuck.await.is_err());
    let alone = gather(&[TEXT, STOP], &[": bye"]);
    assert_eq!(alone.await.unwrap(), Complete::SoFar);
}

#[tokio::test]
async fn an_error_in_a_bare_line_breaks_the_answer() {
    for line in [
        r#"{"error": {"message": "gone", "code": 502}}"#,
        r#"data: {"internalServerException": {"message": "gone"}}"#,
        "event: modelStreamErrorException\r\ndata: {\"message\": \"gone\"}",
    ] {
        let Err(Failed::Error(error)) = read(&[TEXT, line, STOP]).await else {
            panic!("{line}");
        };
        assert_eq!(error.kind, crate::error::ErrorKind::Unavailable, "{line}");
    }
    // Directly below the event before, and within its last line.
    let below = format!("{TEXT}\n{{\"error\": {{\"message\": \"gone\"}}}}");
    assert!(read(&[&below, STOP]).await.is_err());
    assert!(read(&[TEXT, ": a comment {", STOP]).await.is_ok());
}

#[tokio::test]
async fn a_line_of_a_stream_is_read_or_breaks_it() {
    let piece = r#"{"choices":[{"delta":{"content":"2"}}]}"#;
    let text = async |line: &str| {
        let answer = read(&[TEXT, line, STOP]).await?;
        match answer.read(false, None).map(|read| read.first.answer) {
            Ok(judging::Answer::Text { text, .. }) => Ok::<_, Failed>(text),
            _ => panic!("{line}"),
        }
    };
    for name in [
        "data",
        "data ",
        " data",
        "DATA",
        "Data",
        "\u{feff}data",
        "\tdata\t",
    ] {
        let read = text(&format!("{name}: {piece}")).await;
        assert_eq!(read.unwrap(), "Score: 12", "{name}");
    }
    for line in [
        "id",
        "id: 1",
        "retry: 5",
        "event: message",
        ": 2",
        ":",
        "   ",
    ] {
        assert_eq!(text(line).await.unwrap(), "Score: 1", "{line}");
    }
    for name in ["date", "dat", "payload", "da ta", "message", "[", "2"] {
        assert!(text(&format!("{name}: {piece}")).await.is_err(), "{name}");
        assert!(text(name).await.is_err(), "{name}");
        // Behind the answer it takes nothing away.
        read(&[TEXT, STOP, name]).await.unwrap();
    }
    // Where the body ends within the name as well.
    let mut completion = Completion::of(NonZeroU32::MIN);
    let body = stream::iter([Ok(Bytes::from(format!("{TEXT}\n\n2")))]);
    let first = Instant::now() + SECOND.first_byte;
    assert!(events(body, first, SECOND, &mut completion).await.is_err());
}

/// What a stream of these lines says, as it stands behind its end.
async fn answer_of(lines: &str) -> Result<String, Failed> {
    let mut completion = Completion::of(NonZeroU32::MIN);
    let body = stream::iter([Ok(Bytes::from(lines.to_owned()))]);
    let first = Instant::now() + SECOND.first_byte;
    events(body, first, SECOND, &mut completion).await?;
    let read = completion.read(false, None);
    let read = read.map_err(|broken| ExchangeError::from(broken).classify(&[]))?;
    match read.first.answer {
        judging::Answer::Text { text, .. } => Ok(text),
        other => panic!("{other:?}"),
    }
}

fn piece(text: &str) -> String {
    format!(r#"data: {{"choices":[{{"delta":{{"content":"{text}"}}}}]}}"#)
}

#[tokio::test]
async fn words_behind_the_end_of_a_stream_make_its_answer_another_one() {
    let (four, two) = (piece("4"), piece("2"));
    for lines in [
        format!("{four}\n\n{STOP}\n\ndata: [DONE]\n\n{two}\n\n"),
        format!("{four}\n\n{STOP}\n\ndata: [DONE]\n\n{two}\n\n{STOP}\n\ndata: [DONE]\n\n"),
        format!("{four}\n\ndata: [DONE]\n\n{two}\n\n{STOP}\n\n"),
    ] {
        let Err(Failed::Error(error)) = answer_of(&lines).await else {
            panic!("{lines}");
        };
        assert_eq!(error.kind, crate::ErrorKind::Garbled, "{lines}");
    }
    for rest in [
        "",
        "data: [DONE]\n\n",
        ": bye\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4}}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n",
    ] {
        let lines = format!("{four}\n\n{STOP}\n\ndata: [DONE]\n\n{rest}");
        assert_eq!(answer_of(&lines).await.unwrap(), "4", "{rest}");
    }
}

#[tokio::test]
async fn a_connection_that_stays_open_behind_the_end_holds_nobody_up() {
    let lines = format!("{}\n\n{STOP}\n\ndata: [DONE]\n\n", piece("4"));
    let body = stream::iter([Ok(Bytes::from(lines))]).chain(stream::pending());
    let mut completion = Completion::of(NonZeroU32::MIN);
    let began = Instant::now();
    let first = began + SECOND.first_byte;
    events(body, first, SECOND, &mut completion).await.unwrap();
    assert!(began.elapsed() < SECOND.first_byte);
    assert_eq!(completion.complete(), Complete::Yes);
}

#[tokio::test]
async fn an_event_whose_id_has_come_before_makes_two_answers() {
    let events = |ids: &[&str], texts: &[&str]| {
        let mut lines = String::new();
        for (id, text) in ids.iter().zip(texts) {
            if !id.is_empty() {
                lines += &format!("id: {id}\r\n");
            }
            lines += &format!("{}\r\n\r\n", piece(text));
        }
        lines + STOP + "\r\n\r\ndata: [DONE]\r\n\r\n"
    };
    for (ids, texts) in [
        (&["1", "2", "2"][..], &["Score: ", "4", "4"][..]),
        (&["1", "2", "1"], &["4", " of 5", "2"]),
        (&["a", "b", "c", "b", "c"], &["1", "2", "3", "2", "3"]),
        (&["1", "1", "2"], &["4", "4", "."]),
    ] {
        let Err(Failed::Error(error)) = answer_of(&events(ids, texts)).await else {
            panic!("{ids:?}");
        };
        assert_eq!(error.kind, crate::ErrorKind::Garbled, "{ids:?}");
    }
    for (ids, texts, said) in [
        (&["1", "2", "3"][..], &["Score", ": ", "4"][..], "Score: 4"),
        (&["x", "x", "x"], &["Score", ": ", "4"], "Score: 4"),
        (&["", "", ""], &["4", "4", "."], "44."),
        (&["1", "", "2"], &["4", "4", "."], "44."),
        (&["1", "", ""], &["4", "4", "."], "44."),
    ] {
        assert_eq!(
            answer_of(&events(ids, texts)).await.unwrap(),
            said,
            "{ids:?}"
        );
    }
}

#[tokio::test]
async fn an_error_behind_the_end_breaks_the_answer() {
    let four = piece("4");
    let lines = |between: &str, behind: &str| {
        format!("{four}\n\n{STOP}\n\n{between}data: [DONE]\n\n{behind}")
    };
    for error in [
        r#"data: {"error":{"code":500,"message":"gone"}}"#,
        r#"data: {"choices":[],"error":{"code":500,"message":"gone"}}"#,
        r#"data: {"choices":[{"index":0,"delta":{},"error":{"code":502,"message":"gone"},"finish_reason":null}]}"#,
        "event: error\ndata: {\"message\":\"gone\"}",
        "event: error\ndata: gone",
        "event: error",
        "event: error\ndata:",
        "event: internalServerException\ndata: {\"message\":\"gone\"}",
        r#"data: {"modelStreamErrorException":{"message":"gone"}}"#,
        r#"data: {"object":"error","message":"gone","code":500}"#,
        r#"{"error":{"message":"gone"}}"#,
        r#"error: {"code":500,"message":"gone","type":"server_error"}"#,
        r#"data: {"base_resp":{"status_code":1013,"status_msg":"gone"}}"#,
    ] {
        for (between, behind) in [(error, ""), ("", error)] {
            let end = |text: &str| {
                if text.is_empty() {
                    String::new()
                } else {
                    format!("{text}\n\n")
                }
            };
            let lines = lines(&end(between), &end(behind));
            let Err(Failed::Error(failed)) = answer_of(&lines).await else {
                panic!("{lines}");
            };
            assert_eq!(failed.kind, crate::ErrorKind::Unavailable, "{lines}");
        }
        // Without the marker of the end, or at the very end.
        let open = format!("{four}\n\n{STOP}\n\n{error}");
        assert!(answer_of(&open).await.is_err(), "{open}");
    }
    // What is no error.
    for rest in [
        "data: {\"error\":null,\"choices\":[]}\n\n",
        "event: done\ndata: {}\n\n",
        "event: message\ndata: [DONE]\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4}}\n\n",
    ] {
        assert_eq!(answer_of(&lines(rest, "")).await.unwrap(), "4", "{rest}");
        assert_eq!(answer_of(&lines("", rest)).await.unwrap(), "4", "{rest}");
    }
}

#[tokio::test]
async fn an_error_in_a_line_of_its_own_name_says_what_it_is() {
    let overflow = r#"error: {"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9120,"n_ctx":8192}"#;
    for lines in [
        overflow.to_owned(),
        format!("{overflow}\n\n"),
        format!(": open\n\n{overflow}\n\n"),
    ] {
        let failed = answer_of(&lines).await.unwrap_err();
        assert_eq!(
            failed,
            Failed::Answer(judging::Answer::ContextTooLong, None),
            "{lines}"
        );
    }
}
