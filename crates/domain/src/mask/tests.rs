use std::time::Instant;

use proptest::prelude::*;

use super::mask;

const CANARIES: [(&str, &str); 59] = [
    ("0049 171 2345678", "[phone]"),
    ("0049\u{a0}171\u{a0}2345678", "[phone]"),
    ("555.123.4567", "[phone]"),
    ("1-415-555-2671", "[phone]"),
    ("1 (415) 555-2671", "[phone]"),
    ("1.415.555.2671", "[phone]"),
    ("+49\u{a0}171\u{a0}2345678", "[phone]"),
    ("01.23.45.67.89", "[phone]"),
    ("4111.1111.1111.1111", "[card]"),
    ("4111\u{a0}1111\u{a0}1111\u{a0}1111", "[card]"),
    ("3782.822463.10005", "[card]"),
    (
        "DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0130\u{a0}00",
        "[iban]",
    ),
    ("DE89.3704.0044.0532.0130.00", "[iban]"),
    ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "[key]"),
    ("rk_live_51H8a2eKZvKYlo2CmWqC", "[key]"),
    ("npm_8aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA", "[key]"),
    ("ya29.a0AfH6SMBx4QmJ8tR2kLw", "[key]"),
    ("rk_test_51H8a2eKZvKYlo2CmWqC", "[key]"),
    ("jane.doe+billing@mail.example.co.uk", "[email]"),
    ("o'brien@example.org", "[email]"),
    ("jörg@müller.example", "[email]"),
    ("jane%40example.com", "[email]"),
    ("ivan@example.xn--p1ai", "[email]"),
    ("+49 171 2345678", "[phone]"),
    ("+14155552671", "[phone]"),
    ("+44 (0)20 7946 0958", "[phone]"),
    ("(555) 123-4567", "[phone]"),
    ("555-123-4567", "[phone]"),
    ("030/1234567", "[phone]"),
    ("0171 2345678", "[phone]"),
    ("01 23 45 67 89", "[phone]"),
    ("4111111111111111", "[card]"),
    ("4111 1111 1111 1111", "[card]"),
    ("5500-0000-0000-0004", "[card]"),
    ("3782 822463 10005", "[card]"),
    ("378282246310005", "[card]"),
    ("30569309025904", "[card]"),
    ("6011111111111117", "[card]"),
    ("2223003122003222", "[card]"),
    ("DE89370400440532013000", "[iban]"),
    ("DE89 3704 0044 0532 0130 00", "[iban]"),
    ("GB29 NWBK 6016 1331 9268 19", "[iban]"),
    ("fr1420041010050500013m02606", "[iban]"),
    ("NO9386011117947", "[iban]"),
    ("203.0.113.77", "[ip]"),
    ("10.11.12.13", "[ip]"),
    ("2001:db8::ff00:42:8329", "[ip]"),
    ("fe80::1", "[ip]"),
    ("2001:0db8:0000:0000:0000:ff00:0042:8329", "[ip]"),
    ("::ffff:203.0.113.77", "[ip]"),
    (
        "autorater_3f0c9a17d2b84e56_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "[key]",
    ),
    ("sk-proj-4fJq8ZkT2m9XbW7cLr5v", "[key]"),
    ("sk-ant-api03-abcdEFGH1234-_xyz", "[key]"),
    (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
        "[key]",
    ),
    ("AKIAIOSFODNN7EXAMPLE", "[key]"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[key]"),
    ("github_pat_11ABCDEFG0aBcDeFgHiJkL_xyz", "[key]"),
    ("xoxb-123456789012-abcdefGHIJ", "[key]"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "[key]"),
];

#[test]
fn each_canary_is_masked_as_what_it_is() {
    for (canary, name) in CANARIES {
        for (before, behind) in [
            ("", ""),
            ("a ", " b"),
            ("\"", "\""),
            ("(", ")."),
            ("=", "&x=1"),
            (": ", ", "),
            ("[", "]"),
            ("卡号", "です"),
            ("번호", "입니다"),
        ] {
            // Ideographs are letters of mail addresses, and of what may stand in keys.
            if matches!(name, "[email]" | "[key]") && !before.is_ascii() {
                continue;
            }
            let text = format!("{before}{canary}{behind}");
            assert_eq!(mask(&text), format!("{before}{name}{behind}"), "{text}");
        }
    }
    for (text, masked) in [
        ("+49 171 2345678 3x", "[phone] 3x"),
        ("+49 171 2345678)\u{ff10}a", "[phone])\u{ff10}a"),
        ("0171 2345678 20th", "[phone] 20th"),
    ] {
        assert_eq!(mask(text), masked);
    }
    assert_eq!(
        mask("Authorization: Bearer abc123def456"),
        "Authorization: Bearer [key]"
    );
    assert_eq!(
        mask("authorization: Basic dXNlcjpwYXNz="),
        "authorization: Basic [key]"
    );
    assert_eq!(
        mask("to http://u:hunter2@proxy:80/x"),
        "to http://[key]@proxy:80/x"
    );
    assert_eq!(
        mask("[2001:db8::1]:443 and 203.0.113.7:443"),
        "[[ip]]:443 and [ip]:443"
    );
    assert_eq!(mask("peer:2001:db8::1"), "peer:[ip]");
    for url in ["postgres://u:p@ss@host/x", "postgres://u@db:p@s@s@host/x"] {
        assert_eq!(mask(url), "postgres://[key]@host/x");
    }
}

#[test]
fn what_only_looks_like_one_stays() {
    for text in [
        // The check digit is wrong.
        "4111111111111112",
        "DE88370400440532013000",
        "postgres://u:***@db:5432/x",
        "127.0.0.1:8080",
        "[::1]:5432",
        "0.0.0.0:80",
        "[::]:80",
        "1.2.3.4.5",
        "v1.2.3.4",
        "1.95.0",
        "1.2.3+20261130123",
        "2026-11-30T05:46:20.123456789Z",
        "2026-11-30 05:46:20.012345 +0100",
        "05/11/2026 12:30:10",
        "1764481580123456789",
        "1764481580123-0",
        "0.5555555555555556",
        "tool::ab::cd",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "autorater_evaluations_total",
        "sk-learn-and-other-tools",
        "Bearer authentication is needed",
        "basic authentication",
        "@media of 3 lines",
        "package@1.2.3",
        "gpt-5-mini-2025-08-07",
        "a1:b2:c3:d4:e5:f6",
        "3f0c9a17d2b84e56",
        "4111.111111111111",
        "5123.456789012345",
        "2026.12.01",
        "v555.123.4567",
        "12.123.4567",
        "00-1234-5678",
        "0012345678901",
        "npm_config_registry",
        "whsec_of_the_default_webhook_of_all",
        "é4111111111111111",
        "4111111111111111ж",
    ] {
        assert_eq!(mask(text), text);
    }
}

#[test]
fn a_long_text_takes_no_longer_than_its_length() {
    let worst = [
        "a.",
        "a@",
        "1",
        "12 ",
        "4111 ",
        "1:",
        "::",
        "DE89",
        "DE12 3",
        "+1 ",
        "://a:",
        "eyJ",
        "sk-1",
        "é",
        "1.2.3.",
        "00 1",
        "1-415-",
        "://a:@",
        "卡4",
        "-----BEGIN PRIVATE KEY-----",
    ];
    for piece in worst {
        let time = |length: usize| {
            let text = piece.repeat(length / piece.len());
            let start = Instant::now();
            std::hint::black_box(mask(&text));
            start.elapsed()
        };
        let (short, long) = (time(20_000), time(200_000));
        assert!(
            long < short * 60 + std::time::Duration::from_millis(50),
            "{piece}: {short:?}, {long:?}"
        );
    }
}

fn left_alone() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[0-9]{8}-[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{12}",
        "[a-f][0-9a-f]{30}[a-f]",
        "[a-f][0-9a-f]{62}[a-f]",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]0[0-9]:00)",
        "1[0-9]{9}|1[0-9]{12}|1[0-9]{15}|1[0-9]{18}",
        "[a-z][a-z0-9_]{0,20}(-[a-z0-9]{1,8}){0,3}",
        "v?[0-9]{1,2}\\.[0-9]{1,3}\\.[0-9]{1,5}(-rc\\.[0-9]{1,2})?(\\+[0-9a-z]{1,12})?",
    ]
}

proptest! {
    #[test]
    fn ids_hashes_times_names_and_versions_stay(text in left_alone(), quoted in any::<bool>()) {
        let text = if quoted { format!("id=\"{text}\", next") } else { text };
        prop_assert_eq!(mask(&text), text.as_str());
    }

    #[test]
    fn a_canary_is_found_in_any_text(
        before in "(\\PC{0,30}[ \"'(=,;<>\\[{|])?",
        which in 0..CANARIES.len(),
        behind in "([ \"')&,;<>\\]}|]\\PC{0,30})?",
    ) {
        let (canary, _) = CANARIES[which];
        let text = format!("{before}{canary}{behind}");
        let masked = mask(&text);
        prop_assert!(!masked.contains(canary), "{masked}");
        prop_assert_eq!(mask(&masked), masked.as_ref(), "again");
    }

    #[test]
    fn any_text_can_be_masked(text in "\\PC{0,200}") {
        drop(mask(&text));
    }
}
