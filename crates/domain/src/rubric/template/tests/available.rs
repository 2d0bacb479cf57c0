//! What of Jinja is available and what is refused.

use super::*;

#[test]
fn what_is_not_available_is_told_wherever_it_stands() {
    for (template, word) in [
        (
            "{% if input == 'x' %}{{ output | shout }}{% endif %}",
            "filter `shout`",
        ),
        ("{{ output is odd }}", "test `odd`"),
        ("{% if output is not odd %}{% endif %}", "test `odd`"),
        ("{{ cycler(1) }}", "function `cycler`"),
        ("{{ debug() }}", "function `debug`"),
        ("{{ output.strip() }}", "`.strip`"),
        ("{% include 'x' %}", "`{% include %}`"),
        ("{% macro x() %}{% endmacro %}", "`{% macro %}`"),
        ("{% set x = output %}", "`{% set %}`"),
        ("{% with x = output %}{% endwith %}", "`{% with %}`"),
        ("{{ output ~ output }}", "`~`"),
        ("{{ output * 9 }}", "`*`"),
        ("{{ [output, output] }}", "lists"),
        ("{{ (output, output) }}", "lists"),
        (
            "{% for x in output, output %}{% endfor %}",
            "unexpected `,`",
        ),
        ("{{ {'a': output} }}", "mappings"),
        (
            "{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}",
            "recursive",
        ),
        ("{{ output", "line 1"),
        ("{% if output %}", "line 1"),
        ("\n{{ output output }}", "line 2"),
        ("{{ größe }}", "ASCII"),
        ("{{ }}", "line 1"),
        ("{{ output[:9] }}", "parts"),
        ("{{ output if 1if 1 }}", "line 1"),
        ("\n\n{% if input == 1e3 %}{{ output }}{% endif %}", "line 3"),
        ("{# not closed", "line 1"),
        ("{% raw %}", "line 1"),
    ] {
        refused(&jinja(template), word);
    }
}

#[test]
fn what_is_available_works() {
    let given = [("input", "in\nput"), ("output", "OUT"), ("nonce", "n")];
    for (template, expected) in [
        ("{{ output | lower }}", "out"),
        ("{{ input | indent(2) }}", "in\n  put"),
        ("{{ input | indent(width=1, first=true) }}", " in\n put"),
        ("{{ output | replace('O', 'o') | safe }}", "oUT"),
        (
            "{{ input | first }}{{ input | last }}{{ input | length }}",
            "it6",
        ),
        ("{% for i in range(3) %}{{ i }}{% endfor %}", "012"),
        (
            "{% for w in ['a', 'b'] %}{{ loop.index }}{{ w }}{% endfor %}",
            "1a2b",
        ),
        (
            "{% if output in ['OUT', 'x'] and not (reference) %}yes{% endif %}",
            "yes",
        ),
        (
            "{% if output is in(['OUT']) %}yes{% elif input %}no{% endif %}",
            "yes",
        ),
        (
            "{{ output is eq 'OUT' }}{{ input is startingwith('in') }}",
            "TrueTrue",
        ),
        ("{{- output -}} x {%- if true %}y{% endif -%} z", "OUTxyz"),
        ("{# a comment with {{ unknown }} #}{{ output[0] }}", "O"),
        (
            "{\"score\": {\"a\": 1}} {{output}}\n",
            "{\"score\": {\"a\": 1}} OUT\n",
        ),
    ] {
        passes(&jinja(template));
        assert_eq!(rendered(&jinja(template), &given), expected, "{template}");
    }
}

#[test]
fn every_listed_filter_and_test_is_there() {
    for filter in language::FILTERS {
        let arguments = if filter == "replace" {
            "('a', 'b')"
        } else {
            ""
        };
        passes(&jinja(&format!("{{{{ output | {filter}{arguments} }}}}")));
    }
    for test in language::TESTS {
        let arguments = match test {
            "defined" | "undefined" | "none" | "string" => "",
            _ => "('a')",
        };
        passes(&jinja(&format!("{{{{ output is {test}{arguments} }}}}")));
    }
}
