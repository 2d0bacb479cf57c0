//! Parameters of a request by their names in rules: dotted paths.

use crate::ordered::Ordered;

/// Last parts of a name that mean the `type` of what stands before them.
const TYPES: [&str; 2] = ["json_schema", "json_object"];
/// What has no meaning without another parameter, and would be a mistake.
const FOLLOWERS: [(&str, &str); 3] = [
    ("stream", "stream_options"),
    ("logprobs", "top_logprobs"),
    ("tools", "tool_choice"),
];

/// Whether a request makes use of a parameter. One sample and no stream are what every endpoint does anyway.
pub(crate) fn has(body: &Ordered, name: &str) -> bool {
    if let Some((parent, kind)) = typed(name) {
        return body.str_at(&format!("{parent}.type")) == Some(kind);
    }
    match (name, body.at(name)) {
        (_, None) => false,
        ("n", Some(value)) => value.as_u64() != Some(1),
        ("stream", Some(value)) => value.as_bool() == Some(true),
        (_, Some(_)) => true,
    }
}

/// The request without these parameters, and without what would be wrong without them.
pub(crate) fn without(body: &Ordered, names: &[String]) -> Ordered {
    let mut body = body.clone();
    for name in names {
        body.remove(typed(name).map_or(name, |(parent, _)| parent));
        for (leader, follower) in FOLLOWERS {
            if leader == name {
                body.remove(follower);
            }
        }
    }
    body
}

/// The parent and the type that a name means, if it means one.
pub(crate) fn typed(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('.')
        .filter(|(_, kind)| TYPES.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::{has, without};
    use crate::ordered::Ordered;

    fn body(text: &str) -> Ordered {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_parameter_is_there_when_it_is_used() {
        let body = body(
            r#"{"n":1,"stream":false,"logprobs":false,"tools":null,"text":{"format":{"type":"json_schema"}}}"#,
        );
        let there = ["logprobs", "text", "text.format", "text.format.json_schema"];
        let not = [
            "n",
            "stream",
            "tools",
            "temperature",
            "text.format.json_object",
            "response_format.json_schema",
        ];
        assert!(there.iter().all(|name| has(&body, name)));
        assert!(!not.iter().any(|name| has(&body, name)));
    }

    #[test]
    fn what_depends_on_a_parameter_goes_with_it() {
        let body = body(
            r#"{"n":2,"logprobs":true,"top_logprobs":5,"response_format":{"type":"json_object"},"text":{"format":{"type":"text"},"verbosity":"low"}}"#,
        );
        let names = ["logprobs", "response_format.json_object", "text.format"];
        let left = without(&body, &names.map(str::to_owned));
        assert_eq!(left.render(), r#"{"n":2,"text":{"verbosity":"low"}}"#);
    }
}
