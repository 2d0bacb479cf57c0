//! The page of something in between (a proxy, a firewall, a load balancer) where an API's words belong.

/// A title is enough.
const MAX_TEXT: usize = 120;

/// What a page says, without its tags; `None` where a text is no page.
pub(super) fn words(text: &str) -> Option<String> {
    let lower = text.trim_start().to_ascii_lowercase();
    let is_page = lower.starts_with("<!doctype") || lower.starts_with("<?xml") || {
        let has = |tag: &str| lower.contains(tag);
        ["<html", "<head>", "<body", "<title>"].into_iter().any(has)
    };
    if !is_page {
        return None;
    }
    let title = between(&lower, "<title", "</title").or_else(|| between(&lower, "<h1", "</h1"));
    let start = text.len() - text.trim_start().len();
    let shown = title.and_then(|(from, to)| text.get(start + from..start + to));
    let words = untagged(shown.unwrap_or(text));
    Some(words.chars().take(MAX_TEXT).collect())
}

/// Where the content of the first element of a kind stands.
fn between(text: &str, opening: &str, closing: &str) -> Option<(usize, usize)> {
    let begins = text.find(opening)?;
    let content = begins + text.get(begins..)?.find('>')? + 1;
    let length = text.get(content..)?.find(closing)?;
    (length > 0).then_some((content, content + length))
}

/// A text without tags, in one line.
fn untagged(text: &str) -> String {
    let mut words = String::new();
    let mut is_tag = false;
    for c in text.chars() {
        match c {
            '<' => {
                is_tag = true;
                words.push(' ');
            }
            '>' => is_tag = false,
            _ if !is_tag => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_tags_and_shown_without_them() {
        for (page, expected) in [
            (
                "<html>\r\n<head><title>502 Bad Gateway</title></head><body><center><h1>502</h1></center></body></html>",
                "502 Bad Gateway",
            ),
            (
                "\n<!DOCTYPE HTML>\n<TITLE lang=en>Attention\n Required!</TITLE><script>alert(1)</script>",
                "Attention Required!",
            ),
            ("<body><h1>Blocked</h1>by policy 7</body>", "Blocked"),
            (
                "<html><body>Blocked by <b>policy</b> 7",
                "Blocked by policy 7",
            ),
            ("litellm.APIError: <html><title>Oops</title></html>", "Oops"),
            (
                "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
                "AccessDenied",
            ),
        ] {
            assert_eq!(words(page).as_deref(), Some(expected), "{page}");
        }
        let long = format!("<html><body>{}<", "word ".repeat(1_000));
        let shown = words(&long).unwrap();
        assert!(shown.len() <= MAX_TEXT && !shown.contains('<'));
    }

    #[test]
    fn words_are_no_page() {
        for text in [
            "",
            "Bad Request",
            "x < y > z",
            "default backend - 404",
            "use <name> instead",
        ] {
            assert_eq!(words(text), None, "{text}");
        }
    }
}
