//! Values stand where their names are, in either syntax.

use super::*;

#[test]
fn values_stand_under_their_names_and_aliases_in_any_case() {
    let prompt = jinja("Q: {{ question }} {{INPUT}} {{ Intent }}\nA: {{output}} {{ CODE }}\n");
    passes(&prompt);
    assert_eq!(rendered(&prompt, &ALL), "Q: Why? Why? Why?\nA: So. So.\n");
    let prompt = format("Q: {question} {INTENT}\nA: {Response}\n{{\"score\": 1}}");
    passes(&prompt);
    assert_eq!(
        rendered(&prompt, &ALL),
        "Q: Why? Why?\nA: So.\n{\"score\": 1}"
    );
    assert_eq!(names(&prompt), BTreeSet::from(["input", "output"]));
}

#[test]
fn the_sides_of_a_comparison_have_letters_or_numbers() {
    let given = [("output_a", "A"), ("output_b", "B")];
    for (first, second) in [
        ("output_a", "output_b"),
        ("answer_1", "answer_2"),
        ("assistant_a", "assistant_b"),
        ("RESPONSE_A", "response2"),
        ("submission_1", "candidate_b"),
    ] {
        let prompt = jinja(&format!("{{{{ {first} }}}}{{{{ {second} }}}}"));
        passes(&prompt);
        assert_eq!(rendered(&prompt, &given), "AB");
        assert_eq!(names(&prompt), BTreeSet::from(["output_a", "output_b"]));
    }
    refused(&jinja("{{ answer_3 }}"), "`answer_3`");
    refused(&jinja("{{ question_1 }}"), "`question_1`");
}

#[test]
fn a_value_is_never_read_as_a_template() {
    for hostile in [
        "{{ nonce }}",
        "{% raw %}",
        "{% endraw %}{{ nonce }}",
        "{input} {nonce} {{ }}",
        "{# {%- if nonce -%}",
        "<b>&amp;\"'</b>",
    ] {
        let given = [("output", hostile), ("input", "in"), ("nonce", "SECRET")];
        assert_eq!(
            rendered(&jinja("[{{ output }}]"), &given),
            format!("[{hostile}]")
        );
        assert_eq!(
            rendered(&format("[{output}]"), &given),
            format!("[{hostile}]")
        );
        assert_eq!(
            rendered(
                &jinja("{% raw %}{{ output }}{% endraw %}{{ output }}"),
                &given
            ),
            format!("{{{{ output }}}}{hostile}")
        );
    }
}

#[test]
fn unknown_names_are_told_with_the_known_ones() {
    refused(&jinja("{{ refrence }}"), "did you mean `reference`");
    refused(&format("{outptu}"), "did you mean `output`");
    refused(&jinja("{% if wholly_else %}{% endif %}"), "`trajectory`");
    assert!(matches!(
        render(&jinja("{{ wholly_else }}"), &values(&ALL)),
        Err(RenderError::Invalid { part: "user", .. })
    ));
}

#[test]
fn fields_of_a_format_are_plain_names() {
    for (template, word) in [
        ("{input!r}", "conversions"),
        ("{input:>3}", "only `{input}`"),
        ("{input.x}", "attributes"),
        ("{input[0]}", "indices"),
        ("{0}", "by name"),
        ("{0:>3}", "by name"),
        ("{}", "names no value"),
        ("{\"score\": 1}", "doubled"),
        ("{ input }", "doubled"),
        ("{input", "not closed"),
        ("{{input}", "closes nothing"),
        ("}", "closes nothing"),
    ] {
        refused(&format(template), word);
        assert!(render(&format(template), &values(&ALL)).is_err());
    }
    assert_eq!(rendered(&format("{{{input}}}"), &ALL), "{Why?}");
    assert_eq!(rendered(&format("% {{{{ }}}}"), &ALL), "% {{ }}");
}

#[test]
fn the_system_message_takes_nothing_that_was_submitted() {
    let mut prompt = jinja("{{ output }}");
    prompt.system = Some("{{ rubric }} {{ criteria }} {{ nonce }}".to_owned());
    passes(&prompt);
    prompt.system = Some("Judge {{ answer }}".to_owned());
    let problems = check(&prompt);
    assert!(matches!(&problems[..], [("system", problem)] if problem.contains("`answer`")));
    assert!(matches!(
        render(&prompt, &values(&ALL)),
        Err(RenderError::Invalid { part: "system", .. })
    ));
    prompt.system = Some("{% if output %}x{% endif %}".to_owned());
    assert_eq!(check(&prompt).len(), 1);
    assert_eq!(render(&prompt, &values(&ALL)).unwrap().system.unwrap(), "");
}
