use super::Filler;
use crate::ask::Turn;
use crate::material::Material;
use crate::ordered::Ordered;
use crate::rng::SeededRng;

const PROMPT: &str = "Judge.\n<candidate k9>\nThe parser reads the file in one pass.\n\
                      It keeps the order of the properties.\n</candidate k9>\nAnswer in JSON.";

fn make_of(prompt: &str, schema: &str, choice: usize) -> String {
    let schema: Ordered = serde_json::from_str(schema).unwrap();
    let turns = [Turn::new("user", prompt)];
    let material = Material::of(&turns);
    let filler = Filler {
        material: &material,
        rng: SeededRng::of([b"seed".as_slice()]).nth(choice),
        form: prompt.split_once("# Form").map_or("", |(_, form)| form),
    };
    filler.fill(&schema).render()
}

fn make(schema: &str) -> String {
    make_of(PROMPT, schema, 0)
}

#[test]
fn properties_come_in_schema_order_and_of_what_may_be_null_only_texts_are() {
    let made = make(
        r#"{"type":"object","properties":{"zeta":{"const":1},"alpha":{"type":"boolean"},
            "mid":{"type":["string","null"]},"end":{"anyOf":[{"type":"null"},{"type":"boolean"}]},
            "score":{"type":["boolean","null"]},"level":{"type":["string","null"],"enum":["low",null]}}}"#,
    );
    assert_eq!(
        made,
        r#"{"zeta":1,"alpha":true,"mid":null,"end":true,"score":true,"level":"low"}"#
    );
}

#[test]
fn of_several_objects_that_is_made_which_the_form_in_the_prompt_has() {
    let schema = r#"{"anyOf":[{"type":"object","properties":{"one":{"type":"null"}}},
        {"type":"object","properties":{"two":{"type":"null"}}}]}"#;
    let form = |name: &str| format!("{PROMPT}\n# Form of the reply\n{{\"{name}\": <a score>}}");
    assert_eq!(make_of(&form("two"), schema, 0), r#"{"two":null}"#);
    assert_eq!(make_of(&form("one"), schema, 0), r#"{"one":null}"#);
    assert_eq!(make(schema), r#"{"one":null}"#);
}

#[test]
fn a_rationale_names_its_criterion_and_evidence_is_verbatim() {
    let made = make(
        r##"{"properties":{"criteria":{"properties":{"task_fit":{"$ref":"#/$defs/c"}}}},
            "$defs":{"c":{"properties":{"rationale":{"type":"string"},
            "evidence":{"type":"array","items":{"type":"string"}}}}}}"##,
    );
    let made: serde_json::Value = serde_json::from_str(&made).unwrap();
    let criterion = &made["criteria"]["task_fit"];
    assert!(
        criterion["rationale"]
            .as_str()
            .unwrap()
            .contains("task_fit")
    );
    let evidence = criterion["evidence"].as_array().unwrap();
    assert!(
        evidence.len() == 2 && evidence[0] != evidence[1],
        "{evidence:?}"
    );
    assert!(
        evidence
            .iter()
            .all(|quote| PROMPT.contains(quote.as_str().unwrap()))
    );
}

#[test]
fn values_stay_within_bounds_and_follow_the_quality() {
    let bad = PROMPT.replace("one pass", "one pass. TODO");
    for choice in 0..50 {
        let number =
            |prompt: &str, schema: &str| make_of(prompt, schema, choice).parse::<f64>().unwrap();
        let integer = r#"{"type":"integer","minimum":-3,"maximum":3}"#;
        assert!((0.0..=3.0).contains(&number(PROMPT, integer)));
        assert!((-3.0..0.0).contains(&number(&bad, integer)));
        let share = r#"{"type":"number","minimum":0,"maximum":0.25}"#;
        assert!((0.0..=0.25).contains(&number(PROMPT, share)));
        let words = r#"{"enum":["poor","fair","good","very good"]}"#;
        assert!(!make_of(&bad, words, choice).contains("good"));
        assert!(make_of(PROMPT, words, choice).contains("good"));
        assert_eq!(make_of(&bad, r#"{"type":"boolean"}"#, choice), "false");
    }
}

#[test]
fn arrays_and_texts_respect_their_sizes_and_recursive_schemas_end() {
    let size = |schema: &str| {
        let made: serde_json::Value = serde_json::from_str(&make(schema)).unwrap();
        made.as_array().unwrap().len()
    };
    assert_eq!(
        size(r#"{"type":"array","items":{"type":"string"},"minItems":4}"#),
        4
    );
    assert_eq!(
        size(r#"{"type":"array","items":{"type":"string"},"maxItems":0}"#),
        0
    );
    assert_eq!(make(r#"{"type":"string","maxLength":3}"#), "\"A s\"");
    let tree = r##"{"$ref":"#/$defs/n","$defs":{"n":{"properties":{"kids":{"type":"array","items":{"$ref":"#/$defs/n"}}}}}}"##;
    assert!(make(tree).contains("kids"));
    assert_eq!(make(r##"{"$ref":"#"}"##), make("{}"));
}
