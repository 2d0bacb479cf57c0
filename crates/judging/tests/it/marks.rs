//! The plan's mark: quotations that hold it are looked up without it, and no assessment shows it.

use domain::assessment::Assessment;
use serde_json::{Value, json};

use crate::fixture::{ONE, judge, judge_with, plan, text};

const WORK: &str = r#"{"input": "Look it up.", "trajectory": [
    {"role": "user", "content": "How tall is it?"},
    {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "function": {"name": "find", "arguments": "{\"q\": \"höhe\"}"}}]},
    {"role": "tool", "name": "find", "content": "It is 42 m tall.\nBuilt in 1931."},
    {"role": "assistant", "content": "42 m."}], "output": "42 m, see above."}"#;

fn quoting(quote: &str) -> Assessment {
    let plan = plan(ONE);
    let quote = quote.replace("MARK", &plan.nonce);
    let reply =
        json!({"criteria": {"merit": {"rationale": "It is.", "evidence": [quote], "score": 4}}});
    let (_, assessment) = judge(&plan, WORK, &[text(&reply.to_string())]);
    hides_the_mark(&assessment, &plan.nonce);
    assessment
}

#[track_caller]
fn hides_the_mark(assessment: &Assessment, nonce: &str) {
    let shown = serde_json::to_string(assessment).unwrap();
    assert!(!shown.to_lowercase().contains(nonce), "{shown}");
}

#[test]
fn a_quotation_that_holds_our_marks_is_looked_up_without_them() {
    let payload: Value = serde_json::from_str(WORK).unwrap();
    for (quote, pointer, words) in [
        (
            "[MARK] 3. tool (find)\nIt is 42 m tall.",
            "/trajectory/2/content",
            "It is 42 m tall.",
        ),
        (
            "[MARK] 1. user\nHow tall is it?\n[MARK] 2. assistant",
            "/trajectory/0/content",
            "How tall is it?",
        ),
        (
            "<candidate MARK>\n42 m, see above.\n</candidate MARK>",
            "/output",
            "42 m, see above.",
        ),
        (
            "\"[MARK] It is 42 m tall.\"",
            "/trajectory/2/content",
            "It is 42 m tall.",
        ),
        (
            "[MARK] tool call: find({\"q\": \"höhe\"})\nBuilt in 1931.",
            "/trajectory/2/content",
            "Built in 1931.",
        ),
    ] {
        let assessment = quoting(quote);
        let evidence = &assessment.criteria[0].evidence[0];
        assert!(evidence.found, "{quote}");
        assert_eq!(evidence.quote, words);
        assert_eq!(evidence.pointer.as_deref(), Some(pointer));
        let text = payload.pointer(pointer).unwrap().as_str().unwrap();
        let place = evidence.start.unwrap()..evidence.end.unwrap();
        assert_eq!(
            &text[place], words,
            "offsets are bytes of the text at the pointer"
        );
        assert!(assessment.flags.is_empty());
    }
    // What only our own words hold has no place in the payload.
    for (quote, words) in [
        ("[MARK] 3. tool (find)", "3. tool (find)"),
        (
            "[MARK] tool call: find({\"q\": \"höhe\"})",
            "tool call: find({\"q\": \"höhe\"})",
        ),
        (
            "Built in 1931.\n[MARK] 4. assistant\n42 m.",
            "Built in 1931.\n4. assistant\n42 m.",
        ),
        (
            "Built in 1931.\n4. assistant",
            "Built in 1931.\n4. assistant",
        ),
    ] {
        let assessment = quoting(quote);
        let evidence = &assessment.criteria[0].evidence[0];
        assert_eq!(
            (evidence.found, evidence.quote.as_str()),
            (true, words),
            "{quote}"
        );
        assert_eq!(
            (evidence.start, evidence.pointer.as_deref()),
            (None, Some("/trajectory"))
        );
    }
    for quote in [
        "[MARK] 9. tool (find)",
        "<candidate MARK>\n43 m\n</candidate MARK>",
        "MARK",
        "[MARK]",
    ] {
        let assessment = quoting(quote);
        let evidence = &assessment.criteria[0].evidence[0];
        assert!(!evidence.found, "{quote}");
    }
}

#[test]
fn no_assessment_shows_the_mark() {
    let plan = plan(ONE);
    let nonce = plan.nonce.clone();
    let said = format!(
        "The line [{nonce}] 3. tool of the mark {} says so.",
        nonce.to_uppercase()
    );
    let reply = json!({"criteria": {"merit": {"rationale": said, "evidence": [], "score": 4}}, "summary": said});
    let (_, assessment) = judge(&plan, WORK, &[text(&reply.to_string())]);
    hides_the_mark(&assessment, &nonce);
    assert_eq!(
        assessment.criteria[0].rationale,
        "The line 3. tool of the mark … says so."
    );
    // What cannot be read is told in words of the reply.
    let twice = format!("{{\"{nonce}\": 1, \"{nonce}\": 2}}");
    let (calls, assessment) = judge(&plan, WORK, &[text(&twice), text(&twice)]);
    let repair = &calls[1].messages.last().unwrap().content;
    assert!(repair.contains(&nonce), "the judge itself may read it");
    hides_the_mark(&assessment, &nonce);
    assert!(assessment.detail.unwrap().contains("the key `…` twice"));
    // Several judges, each in full; and a prompt of the rubric's own that shows the mark.
    let jury =
        r#"{"output": "x", "strategy": {"kind": "debate", "rounds": 0, "models": ["a", "b"]}}"#;
    let json = domain::json::Json::parse(jury.as_bytes()).unwrap();
    let strategy = domain::submission::parse(&json).unwrap().strategy;
    let debated =
        crate::fixture::with(domain::plan::StrategyPlan::resolve(&strategy, 1, "a"), plan);
    let (_, assessment) = judge_with(&debated, WORK, |_| text(&reply.to_string()));
    assert_eq!(assessment.judges.len(), 2);
    hides_the_mark(&assessment, &nonce);
    let own = r#"{"criteria": [{"name": "merit"}], "prompt": {"user": "{{ nonce }} {{ output }}"}, "reply": {"format": "number"}}"#;
    let (_, assessment) = judge(
        &crate::fixture::plan(own),
        r#"{"output": "x"}"#,
        &[text(&format!("Between {nonce} it is fine.\nScore: 4"))],
    );
    assert_eq!(assessment.score, Some(0.75));
    hides_the_mark(&assessment, &nonce);
}
