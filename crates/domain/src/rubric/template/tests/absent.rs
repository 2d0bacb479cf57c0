//! What becomes of a value that is not there.

use super::*;

#[test]
fn an_absent_value_may_be_tested_but_not_used() {
    let guarded =
        jinja("{{ output }}{% if reference %} / {{ reference }}{% else %} alone{% endif %}");
    passes(&guarded);
    assert_eq!(rendered(&guarded, &ALL), "So. alone");
    assert_eq!(missing(&guarded, &BTreeSet::from(["output"])), [""; 0]);
    assert_eq!(names(&guarded), BTreeSet::from(["output", "reference"]));

    let unguarded = jinja("{{ output }} {{ ground_truth }}");
    passes(&unguarded);
    assert_eq!(
        render(&unguarded, &values(&ALL)),
        Err(RenderError::Absent("reference"))
    );
    assert_eq!(
        missing(&unguarded, &BTreeSet::from(["output"])),
        ["reference"]
    );
    assert_eq!(
        missing(&unguarded, &BTreeSet::new()),
        ["output", "reference"]
    );
    assert_eq!(
        render(&format("{reference}"), &values(&ALL)),
        Err(RenderError::Absent("reference"))
    );
    assert_eq!(
        missing(&format("{reference}{nonce}"), &BTreeSet::new()),
        ["reference"]
    );
}

#[test]
fn the_one_that_is_named_is_the_one_that_is_needed() {
    let given = BTreeSet::from(["output"]);
    for (template, lacking) in [
        (
            "{% if not reference %}{{ context }}{% endif %}",
            vec!["context"],
        ),
        ("{{ reference | default('none') }}", vec![]),
        ("{{ reference or 'none' }}", vec![]),
        (
            "{{ reference if reference is defined else 'none' }}",
            vec![],
        ),
        (
            "{% if output %}{% if context %}{{ patch }}{% endif %}{% endif %}",
            vec![],
        ),
        ("{{ reference | upper }}", vec!["reference"]),
        (
            "{{ reference | replace('a', context or 'b') }}",
            vec!["reference"],
        ),
        ("{% for c in patch %}{{ c }}{% endfor %}", vec!["patch"]),
        ("{{ reference[0] }}", vec!["reference"]),
        ("{{ reference | first }}", vec!["reference"]),
        ("{{ reference | length }}", vec!["reference"]),
        (
            "{{ reference | trim }}{% if base %}{{ test_log }}{% endif %}",
            vec!["reference"],
        ),
    ] {
        let prompt = jinja(template);
        passes(&prompt);
        assert_eq!(missing(&prompt, &given), lacking, "{template}");
        let rendered = render(&prompt, &values(&ALL));
        match lacking.first() {
            Some(name) => assert_eq!(rendered, Err(RenderError::Absent(name)), "{template}"),
            None => drop(rendered.unwrap()),
        }
    }
}

#[test]
fn what_a_prompt_needs_is_found_out_once_and_in_few_steps() {
    let loops = |times: u32| {
        let text = "{% for i in range(TIMES) %}{{ nonce }}{% endfor %}{{ reference }}";
        jinja(&text.replace("TIMES", &times.to_string()))
    };
    let (few, many, present) = (loops(100), loops(9_000), BTreeSet::from(["output"]));
    assert_eq!(missing(&few, &present), ["reference"]);
    // It is a prompt that may be stored; who posts without a reference hears of it when it is judged.
    passes(&many);
    assert_eq!(missing(&many, &present), [""; 0]);
    let again = uses(&few, &present);
    assert!(Arc::ptr_eq(&again, &uses(&few, &present)));
    let other = uses(&few, &BTreeSet::from(["output", "reference"]));
    assert_eq!(other.missing, [""; 0]);
}
