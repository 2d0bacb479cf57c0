//! Results as log records of `gen_ai.evaluation.result`.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::json;

use crate::collector::{Collector, Mode};
use crate::spans::Record;
use crate::support::{SOON, System, payload, quick};

const RUBRIC: &str = "code-quality";

/// Two criteria, one of them no number, and what the judge says of them.
fn scripted() -> serde_json::Value {
    let reply = json!({
        "criteria": {
            "correct": {"rationale": "Because it says so.", "evidence": [], "score": 4},
            "style": {"rationale": "Short.", "evidence": [], "score": "good"},
        },
        "summary": "Good on the whole.",
    });
    json!({"faults": [{"fault": "reply", "text": reply}]})
}

fn judged(text: &str) -> serde_json::Value {
    let mut payload = payload(text);
    payload["rubric"] = json!({
        "name": RUBRIC, "description": "How good it is.", "pass_threshold": 0.5,
        "criteria": [
            {"name": "correct", "description": "It is right.", "scale": {"type": "numeric", "min": 1, "max": 5}},
            {"name": "style", "description": "It is readable.",
             "scale": {"type": "categories", "values": {"poor": 0, "good": 1}}},
        ],
    });
    payload
}

async fn results(collector: &Collector, id: &str, count: usize) -> Result<Vec<Record>> {
    let records = eventually(SOON, async || {
        let records = collector.records(id);
        ensure!(records.len() >= count, "{records:#?}");
        anyhow::Ok(records)
    })
    .await?;
    assert_eq!(records.len(), count, "{records:#?}");
    for record in &records {
        assert_eq!(record.event, "gen_ai.evaluation.result");
    }
    Ok(records)
}

#[track_caller]
fn named<'r>(records: &'r [Record], name: &str) -> &'r Record {
    let mut named = records
        .iter()
        .filter(|record| record.attributes.has("gen_ai.evaluation.name", name));
    named
        .next()
        .unwrap_or_else(|| panic!("no {name}: {records:#?}"))
}

#[tokio::test]
async fn each_criterion_and_the_whole_is_a_record_beside_the_evaluated_response() -> Result<()> {
    let collector = Collector::start(Mode::Takes).await?;
    let traced = quick().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let system = System::start(traced).await?;
    system.mock_is(scripted()).await?;
    let mut payload = judged("Told of as results.");
    let (trace, span) = ("abf92f3577b34da6a3ce929d0e0e473c", "10f067aa0ba902b8");
    payload["metadata"] = json!({
        "gen_ai.response.id": "chatcmpl-of-the-agent",
        "traceparent": format!("00-{trace}-{span}-01"),
    });
    let id = system.post_payload(&payload).await?;
    let evaluation = system.judged(&id).await?;
    let records = results(&collector, &id, 3).await?;
    for record in &records {
        assert_eq!(
            (&*record.trace, &*record.span),
            (trace, span),
            "{record:#?}"
        );
        for (name, value) in [
            ("gen_ai.response.id", "chatcmpl-of-the-agent"),
            ("autorater.evaluation.outcome", "scored"),
            ("autorater.rubric", "code-quality@inline"),
            ("autorater.tenant", "default"),
        ] {
            assert_eq!(record.attributes.text(name), value, "{record:#?}");
        }
        let explained = record.attributes.text("gen_ai.evaluation.explanation");
        assert_eq!(explained, "", "nobody asked for it");
    }
    let score = |record: &Record| record.attributes.number("gen_ai.evaluation.score.value");
    let label = |record: &Record| record.attributes.text("gen_ai.evaluation.score.label");
    let whole = named(&records, RUBRIC);
    let expected = evaluation["assessment"]["score"].as_f64();
    assert_eq!((score(whole), &*label(whole)), (expected, "pass"));
    let correct = named(&records, "correct");
    assert_eq!((score(correct), &*label(correct)), (Some(4.0), ""));
    let normalized = correct.attributes.number("autorater.score.normalized");
    assert_eq!(normalized, Some(0.75));
    let style = named(&records, "style");
    assert_eq!((score(style), &*label(style)), (Some(1.0), "good"));
    Ok(())
}

#[tokio::test]
async fn what_has_no_score_is_told_without_one_and_words_only_if_wanted() -> Result<()> {
    let collector = Collector::start(Mode::Takes).await?;
    let traced = quick()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .worker_env("AUTORATER__OTEL__EXPLANATIONS", "true");
    let system = System::start(traced).await?;
    system.mock_is(scripted()).await?;
    let id = system.post_payload(&judged("Explained.")).await?;
    system.judged(&id).await?;
    let records = results(&collector, &id, 3).await?;
    let explained = |name| {
        let record = named(&records, name);
        record.attributes.text("gen_ai.evaluation.explanation")
    };
    assert_eq!(explained("correct"), "Because it says so.");
    // Without a span of the evaluated response it is that of the evaluation.
    let of_claim = eventually(SOON, async || {
        let trace = collector.trace(&records[0].trace);
        let process = trace.into_iter().find(|span| span.name == "process work");
        process.context("its span has not come")
    });
    assert_eq!(of_claim.await?.id, records[0].span);

    system
        .mock_is(json!({"faults": [{"fault": "reply", "text": "no verdict at all"}]}))
        .await?;
    let id = system.post_payload(&judged("Unreadable.")).await?;
    let ended = system.ended(&id).await?;
    assert_eq!(ended["assessment"]["outcome"], "unscorable", "{ended}");
    let record = results(&collector, &id, 1).await?.remove(0);
    let attributes = &record.attributes;
    assert!(attributes.has("gen_ai.evaluation.score.label", "unscorable"));
    assert!(!attributes.0.contains_key("gen_ai.evaluation.score.value"));

    system
        .mock_is(json!({"faults": [{"fault": "status", "status": 404}]}))
        .await?;
    let id = system.post_payload(&judged("Refused.")).await?;
    system.ended(&id).await?;
    let record = results(&collector, &id, 1).await?.remove(0);
    let attributes = &record.attributes;
    assert!(
        attributes.has("error.type", "provider_rejected"),
        "{record:#?}"
    );
    assert!(attributes.has("gen_ai.evaluation.name", RUBRIC));
    for absent in ["score.value", "score.label", "explanation"] {
        let name = format!("gen_ai.evaluation.{absent}");
        assert!(!attributes.0.contains_key(&name), "{record:#?}");
    }
    Ok(())
}
