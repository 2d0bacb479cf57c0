//! Bounds, and what holds for any text.

use proptest::prelude::*;

use super::*;

#[test]
fn length_and_steps_are_bounded() {
    let nested = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";
    refused(&jinja(nested), "steps");
    assert_eq!(
        render(&jinja(nested), &values(&ALL)),
        Err(RenderError::TooManySteps)
    );
    let looped =
        "{% for i in range(10000) %}{% if output | upper == input %}{% endif %}{% endfor %}";
    passes(&jinja(looped));
    let large = "x".repeat(1 << 20);
    assert_eq!(
        render(
            &jinja(looped),
            &values(&[("output", &large), ("input", "")])
        ),
        Err(RenderError::TooManySteps)
    );
    let long = "x".repeat(MAX_RENDERED / 4);
    let given = [("output", long.as_str()), ("input", "{input}")];
    for prompt in [
        jinja("{{ output }}{{ output }}{{ output }}{{ output }}{{ input }}"),
        format("{output}{output}{output}{output}{input}"),
    ] {
        assert_eq!(render(&prompt, &values(&given)), Err(RenderError::TooLong));
    }
    for growing in [
        "{{ output | replace('x', output) }}",
        "{{ output | replace('', input) }}",
        "{{ output | indent(100000000, first=true) }}",
    ] {
        let result = render(&jinja(growing), &values(&given));
        assert!(
            matches!(result, Err(RenderError::Invalid { .. })),
            "{growing}"
        );
    }
}

/// Each of these, let through, overflows the stack in the engine, or has it put a text of gigabytes together.
#[test]
fn what_the_engine_does_not_bound_never_gets_to_it() {
    for (begin, repeated, end, word) in [
        ("{{ output", "|d", "}}", "words and signs"),
        ("{{ output", " or 1", "}}", "words and signs"),
        ("{{ output", " and 1", "}}", "words and signs"),
        ("{{ output", "-1", "}}", "words and signs"),
        ("{{ output", "[0]", "}}", "words and signs"),
        ("{{ output", " if 1", "}}", "words and signs"),
        ("{{ ", "not ", "output }}", "words and signs"),
        ("{{ ", "-", "1 }}", "words and signs"),
        ("{{ output", "|d", "", "line 1"),
        ("{{ 1", " ~ 'a' * 100000000", "}}", "words and signs"),
        ("{{ 1 ~ 'a' * 100000000 }}", "", "", "`~`"),
        ("{% if output %}", "{% elif input %}", "{% endif %}", "elif"),
    ] {
        let filling = (64 << 10) / repeated.len().max(1);
        refused(
            &jinja(&format!("{begin}{}{end}", repeated.repeat(filling))),
            word,
        );
    }
    // Many, but not in a row.
    passes(&jinja(
        &"{% if input %}{{ output | trim | upper }}{% endif %}".repeat(500),
    ));
}

proptest! {
    #[test]
    fn any_value_comes_through_unchanged(value in any::<String>(), tricky in "[{}%# a-z_\\-\n]*") {
        for value in [value, tricky] {
            let given = [("output", value.as_str()), ("input", "{{ output }}")];
            let expected = format!("<{value}|{{{{ output }}}}>");
            prop_assert_eq!(rendered(&jinja("<{{ output }}|{{ input }}>"), &given), expected.as_str());
            prop_assert_eq!(rendered(&format("<{output}|{input}>"), &given), expected.as_str());
        }
    }

    #[test]
    fn no_template_makes_the_check_panic(
        any in any::<String>(),
        words in prop::collection::vec(prop::sample::select(WORDS), 0..24),
    ) {
        for template in [any, words.concat()] {
            for prompt in [jinja(&template), format(&template)] {
                let problems = check(&prompt);
                let (used, lacking) = (names(&prompt), missing(&prompt, &BTreeSet::new()));
                prop_assert!(lacking.iter().all(|name| used.contains(name)), "{:?}", prompt);
                let all: BTreeMap<_, _> = names::all().map(|name| (name, Cow::Borrowed("v"))).collect();
                let result = render(&prompt, &all);
                prop_assert!(!problems.is_empty() || result.is_ok(), "{:?} {:?}", prompt, result);
            }
        }
    }
}

const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{",
    "}",
    " ",
    "-",
    "if ",
    "else",
    "endif",
    "for ",
    "i",
    " in ",
    "endfor",
    "raw",
    "endraw",
    "input",
    "output",
    "reference",
    "|",
    "upper",
    "default",
    "is ",
    "defined",
    "not ",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "'",
    "\"",
    "\\",
    "1",
    "range",
    "é",
    "\n",
    ":",
    "==",
    "{{ input }}",
    "{% if reference %}",
    "{% endif %}",
    "{{ reference }}",
    "{% for i in range(2) %}",
    "{% endfor %}",
    "{input}",
];
