//! How a cascade is asked for, and what is said about the rest.

use domain::plan::StrategyPlan;
use domain::strategy::{Cascade, Debate, EscalationRule, Options, Strategy};

use crate::strategy::{refused, strategy};
use crate::submission::check;

#[test]
fn a_cascade_has_two_stages_and_a_rule() {
    let Strategy::Cascade(usual) = strategy("\"cascade\"") else {
        panic!("a cascade");
    };
    assert_eq!(usual.first.strategy, Strategy::Direct(Options::default()));
    assert_eq!(usual.first.samples, 3, "one sample does not show a spread");
    assert_eq!(usual.then.strategy, Strategy::Debate(Debate::default()));
    let Strategy::Cascade(named) = strategy(
        r#"{"kind":"cascade","first":{"model":"small","samples":5},
            "then":{"kind":"debate","model":"large","rounds":1},
            "when":{"interval":false,"margin":0.2,"disagreement":0.5,"unscorable":false}}"#,
    ) else {
        panic!("a cascade");
    };
    let Cascade { first, then, when } = *named;
    assert_eq!((first.model.as_deref(), first.samples), (Some("small"), 5));
    assert_eq!(then.model.as_deref(), Some("large"));
    assert!(matches!(
        then.strategy,
        Strategy::Debate(Debate { rounds: 1, .. })
    ));
    assert_eq!(
        when,
        EscalationRule {
            interval: false,
            margin: 0.2,
            disagreement: 0.5,
            unscorable: false
        }
    );
    let resolved = StrategyPlan::resolve(
        &strategy(
            r#"{"kind":"cascade","first":{"model":"small"},"then":{"kind":"debate","model":"large"}}"#,
        ),
        1,
        "usual",
    );
    assert_eq!(
        resolved.models("usual").into_iter().collect::<Vec<_>>(),
        ["large", "small"]
    );
}

#[test]
fn every_mistake_in_a_cascade_has_its_place() {
    let cascade = |rest: &str| format!(r#"{{"kind":"cascade",{rest}}}"#);
    for (rest, pointer, words) in [
        (
            r#""first":"cascade""#,
            "/strategy/first",
            "must not be a cascade",
        ),
        (
            r#""then":{"kind":"cascade"}"#,
            "/strategy/then/kind",
            "must not be a cascade",
        ),
        (
            r#""first":"vote""#,
            "/strategy/first",
            "`direct`, `cot` or `debate`",
        ),
        (r#""first":7"#, "/strategy/first", "expected an object"),
        (
            r#""first":{"kind":"direct","rounds":1}"#,
            "/strategy/first/rounds",
            "unknown field",
        ),
        (
            r#""then":{"kind":"debate","models":["a"]}"#,
            "/strategy/then/models",
            "must hold 2 to 8",
        ),
        (
            r#""then":{"kind":"debate","samples":2}"#,
            "/strategy/then/samples",
            "unknown field",
        ),
        (
            r#""first":{"samples":33}"#,
            "/strategy/first/samples",
            "between 1 and 32",
        ),
        (
            r#""first":{"model":""}"#,
            "/strategy/first/model",
            "must not be empty",
        ),
        (
            r#""when":{"margin":2}"#,
            "/strategy/when/margin",
            "between 0 and 1",
        ),
        (r#""when":"always""#, "/strategy/when", "expected an object"),
        (
            r#""when":{"interval":false,"disagreement":1,"unscorable":false}"#,
            "/strategy/when",
            "never asks the second stage",
        ),
        (r#""samples":2"#, "/strategy/samples", "unknown field"),
    ] {
        refused(&cascade(rest), &[(pointer, words)]);
    }
    check(
        r#"{"output":"x","strategy":"cascade","samples":2}"#,
        &[("/samples", "`/strategy/first/samples`")],
    );
}
