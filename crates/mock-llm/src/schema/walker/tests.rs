use super::Walker;
use crate::ask::Turn;
use crate::chat;
use crate::control::config::Config;
use crate::judge::debate::Debate;
use crate::judge::material::Material;
use crate::judge::mind::Mind;
use crate::judge::quality::Quality;
use crate::ordered::Ordered;
use crate::rng::SeededRng;

const PROMPT: &str = "Judge.\n<candidate k9>\nThe parser reads the file in one pass.\n\
                      It keeps the order of the properties.\n</candidate k9>\nAnswer in JSON.";

fn make_with(schema: &str, sample: usize) -> Ordered {
    let schema: Ordered = serde_json::from_str(schema).unwrap();
    let turns = [Turn {
        role: "user".into(),
        text: PROMPT.into(),
    }];
    let body = r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#;
    let ask = chat::request::read(&serde_json::from_str(body).unwrap()).unwrap();
    let material = Material::of(&turns);
    let debate = Debate::of(&turns);
    let rng = SeededRng::of([b"seed".as_slice()]).nth(sample);
    let character = Config::default().character(None);
    let quality = Quality::of(&material, rng, character.shift);
    let mind = Mind::new(&ask, &material, &debate, (quality, character), rng);
    Walker::new(&schema, &mind).value().0
}

fn make(schema: &str) -> Ordered {
    make_with(schema, 0)
}

#[test]
fn properties_come_in_schema_order() {
    let value = make(
        r#"{"type":"object","properties":{"zeta":{"type":"string"},"alpha":{"type":"boolean"},
            "mid":{"type":"null"}},"required":["alpha","zeta","mid"]}"#,
    );
    let names: Vec<&str> = value
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["zeta", "alpha", "mid"]);
}

#[test]
fn a_rationale_names_its_criterion_and_evidence_is_verbatim() {
    let value = make(
        r##"{"type":"object","properties":{"criteria":{"type":"object","properties":{
            "task_fit":{"$ref":"#/$defs/c"}}}},"$defs":{"c":{"type":"object","properties":{
            "rationale":{"type":"string"},
            "evidence":{"type":"array","items":{"type":"string"},"minItems":2,"maxItems":2},
            "score":{"type":"integer","minimum":0,"maximum":4}}}}}"##,
    );
    let criterion = value.get("criteria").unwrap().get("task_fit").unwrap();
    assert!(
        criterion
            .get("rationale")
            .unwrap()
            .as_str()
            .unwrap()
            .contains("task_fit")
    );
    let evidence = criterion.get("evidence").unwrap().as_array().unwrap();
    assert_eq!(evidence.len(), 2);
    assert_ne!(evidence[0], evidence[1]);
    for quote in evidence {
        assert!(
            PROMPT.contains(quote.as_str().unwrap()) && !quote.as_str().unwrap().starts_with('<')
        );
    }
    assert!((0..=4).contains(&criterion.get("score").unwrap().as_u64().unwrap()));
}

#[test]
fn numbers_stay_within_bounds() {
    for sample in 0..50 {
        let integer = make_with(
            r#"{"type":"integer","minimum":-3,"exclusiveMaximum":3}"#,
            sample,
        );
        assert!((-3.0..=2.0).contains(&integer.as_f64().unwrap()));
        let even = make_with(
            r#"{"type":"integer","minimum":1,"maximum":9,"multipleOf":2}"#,
            sample,
        );
        assert_eq!(even.as_u64().unwrap() % 2, 0);
        let share = make_with(r#"{"type":"number","minimum":0,"maximum":1}"#, sample);
        assert!((0.0..=1.0).contains(&share.as_f64().unwrap()));
        let open = make_with(
            r#"{"type":"number","exclusiveMinimum":0,"maximum":0.5}"#,
            sample,
        );
        assert!(open.as_f64().unwrap() > 0.0 && open.as_f64().unwrap() <= 0.5);
    }
}

#[test]
fn choices_are_among_the_allowed() {
    assert_eq!(make(r#"{"const":"v1"}"#), Ordered::String("v1".into()));
    for sample in 0..20 {
        let word = make_with(r#"{"enum":["red","green"]}"#, sample);
        assert!(["red", "green"].contains(&word.as_str().unwrap()));
        let size = make_with(r#"{"enum":[5,1,3]}"#, sample);
        assert!([5, 1, 3].contains(&size.as_u64().unwrap()));
    }
    assert_eq!(
        make(r#"{"enum":["fail","pass"]}"#),
        Ordered::String("pass".into())
    );
}

#[test]
fn nullable_values_are_null_or_typed() {
    let mut nulls = 0;
    for sample in 0..40 {
        let value = make_with(
            r#"{"type":"object","properties":{"note":{"type":["string","null"]},
                "more":{"anyOf":[{"type":"null"},{"type":"integer"}]},
                "score":{"type":["integer","null"]}}}"#,
            sample,
        );
        let note = value.get("note").unwrap();
        assert!(*note == Ordered::Null || note.as_str().is_some());
        nulls += usize::from(*note == Ordered::Null);
        let more = value.get("more").unwrap();
        assert!(*more == Ordered::Null || more.as_u64().is_some());
        assert!(value.get("score").unwrap().as_u64().is_some());
    }
    assert!((1..40).contains(&nulls));
}

#[test]
fn arrays_respect_their_sizes() {
    let size = |schema: &str| make(schema).as_array().unwrap().len();
    assert_eq!(
        size(r#"{"type":"array","items":{"type":"string"},"minItems":4}"#),
        4
    );
    assert_eq!(
        size(r#"{"type":"array","items":{"type":"string"},"maxItems":0}"#),
        0
    );
    assert!((1..=2).contains(&size(r#"{"type":"array","items":{"type":"integer"}}"#)));
    assert_eq!(
        size(r#"{"type":"array","prefixItems":[{"type":"null"},{"type":"null"}],"items":false}"#),
        2
    );
}

#[test]
fn recursive_schemas_end() {
    let tree = make(
        r##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"v":{"type":"integer"},
            "kids":{"type":"array","items":{"$ref":"#/$defs/n"}},
            "next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["v","kids","next"]}}}"##,
    );
    assert!(tree.get("kids").unwrap().as_array().is_some());
    // Without any finite value there is still an answer.
    make(r##"{"type":"object","properties":{"x":{"$ref":"#"}},"required":["x"]}"##);
    make(r##"{"$ref":"#"}"##);
}

#[test]
fn combined_schemas_add_up() {
    let value = make(
        r##"{"allOf":[{"$ref":"#/$defs/a"},{"type":"object","properties":{"b":{"type":"integer"}}}],
            "$defs":{"a":{"type":"object","properties":{"a":{"type":"boolean"}}}}}"##,
    );
    assert!(value.get("a").unwrap().as_bool().is_some());
    assert!(value.get("b").unwrap().as_u64().is_some());
}

#[test]
fn a_list_of_criteria_names_each_in_turn() {
    let value = make(
        r#"{"type":"array","minItems":2,"maxItems":2,"items":{"type":"object","properties":{
            "criterion":{"enum":["style","tone"]},"reasoning":{"type":"string","maxLength":90}}}}"#,
    );
    let items = value.as_array().unwrap();
    for (item, name) in items.iter().zip(["style", "tone"]) {
        assert_eq!(item.get("criterion").unwrap().as_str(), Some(name));
        let reasoning = item.get("reasoning").unwrap().as_str().unwrap();
        assert!(reasoning.contains(name) && reasoning.chars().count() <= 90);
    }
}
