use super::*;
use crate::chat::Completion;

const SECOND: Silence = Silence {
    first_byte: Duration::from_secs(1),
    chunk: Duration::from_secs(1),
};
const TEXT: &str = r#"data: {"choices":[{"delta":{"content":"Score: 1"},"finish_reason":""}]}"#;
const STOP: &str = r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#;

async fn read(lines: &[&str]) -> Result<Completion, Failed> {
    let mut completion = Completion::default();
    let text: String = lines.iter().map(|line| format!("{line}\r\n\r\n")).collect();
    let body = stream::iter([Ok(Bytes::from(text))]);
    let first = Instant::now() + SECOND.first_byte;
    events(body, first, &[], SECOND, &mut completion).await?;
    Ok(completion)
}

#[tokio::test]
async fn what_comes_behind_an_answer_takes_nothing_away() {
    for rest in [
        "data: [DONE]",
        ": bye",
        "data: {\"error\": {\"code\": 500}}",
        "data: half a docu",
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
