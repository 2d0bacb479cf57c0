//! How the value of a setting is read from text and shown again.
//!
//! Every layer hands over text, so that a value means the same in a file and in the environment,
//! and so that nothing is guessed: `yes` is not a number and `1.5` is not rounded.

use std::{fmt, marker::PhantomData, net::SocketAddr, time::Duration};

use domain::{Secret, period, routing::Api};
use serde::{
    Deserializer, Serializer,
    de::{self, Visitor},
};
use url::Url;
use webhooks::AllowedNetworks;

use super::mask;

/// A type that a setting may have.
pub(super) trait Setting: Sized {
    /// What is expected, for error messages and the reference.
    const EXPECTED: &'static str;
    /// Whether the value must never be printed.
    const SECRET: bool = false;

    /// Reads the text; the error says what is wrong with it, without what is expected.
    fn parse(text: &str) -> Result<Self, String>;

    /// The value without its secrets; `None` when it is not set.
    fn display(&self) -> Option<DisplayValue>;
}

/// A value as it may be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DisplayValue {
    Text(String),
    Number(u64),
    Flag(bool),
}

impl fmt::Display for DisplayValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

/// A value that is not secret, quoted on one line and cut when it is long.
pub(super) fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

macro_rules! whole_numbers {
    ($($Number:ty),+) => {$(
        impl Setting for $Number {
            const EXPECTED: &'static str = "a whole number";

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("{} is not a whole number in range", quoted(text)))
            }

            fn display(&self) -> Option<DisplayValue> {
                u64::try_from(*self).ok().map(DisplayValue::Number)
            }
        }
    )+};
}

whole_numbers!(u32, u64, usize);

impl Setting for bool {
    const EXPECTED: &'static str = "`true` or `false`";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("{} is neither", quoted(text)))
    }

    fn display(&self) -> Option<DisplayValue> {
        Some(DisplayValue::Flag(*self))
    }
}

impl Setting for String {
    const EXPECTED: &'static str = "text";

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn display(&self) -> Option<DisplayValue> {
        Some(DisplayValue::Text(self.clone()))
    }
}

impl Setting for Duration {
    const EXPECTED: &'static str = "a duration with its unit, such as `500ms`, `10s`, `30m`, `2h`";

    fn parse(text: &str) -> Result<Self, String> {
        period::parse(text)
    }

    fn display(&self) -> Option<DisplayValue> {
        Some(DisplayValue::Text(period::format(*self)))
    }
}

/// A setting that is one of two words.
macro_rules! either {
    ($Type:ident: $first:ident $first_text:literal, $second:ident $second_text:literal) => {
        impl crate::settings::value::Setting for $Type {
            const EXPECTED: &'static str = concat!("`", $first_text, "` or `", $second_text, "`");

            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $first_text => Ok(Self::$first),
                    $second_text => Ok(Self::$second),
                    _ => Err(format!(
                        "{} is neither",
                        crate::settings::value::quoted(text)
                    )),
                }
            }

            fn display(&self) -> Option<crate::settings::value::DisplayValue> {
                let text = match self {
                    Self::$first => $first_text,
                    Self::$second => $second_text,
                };
                Some(crate::settings::value::DisplayValue::Text(text.to_owned()))
            }
        }
    };
}

pub(super) use either;

either!(Api: Chat "chat", Responses "responses");

impl Setting for SocketAddr {
    const EXPECTED: &'static str = "`IP:PORT`, such as `127.0.0.1:8080` or `[::1]:8080`";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("{} is not an address", quoted(text)))
    }

    fn display(&self) -> Option<DisplayValue> {
        Some(DisplayValue::Text(self.to_string()))
    }
}

impl Setting for AllowedNetworks {
    const EXPECTED: &'static str =
        "ranges of addresses separated by commas, such as `10.0.0.0/8,fd00::/8`";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|error: webhooks::NetworkError| error.to_string())
    }

    fn display(&self) -> Option<DisplayValue> {
        let ranges: Vec<_> = self.ranges().iter().map(ToString::to_string).collect();
        (!ranges.is_empty()).then(|| DisplayValue::Text(ranges.join(",")))
    }
}

impl Setting for Url {
    const EXPECTED: &'static str = "a URL, such as `http://localhost:4000/v1`";

    // The text is not repeated: a URL may carry a password.
    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| format!("not a URL ({error})"))
    }

    fn display(&self) -> Option<DisplayValue> {
        Some(DisplayValue::Text(mask::url(self.as_str())))
    }
}

impl Setting for Secret {
    const EXPECTED: &'static str = "text";
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self::from(text))
    }

    fn display(&self) -> Option<DisplayValue> {
        Some(DisplayValue::Text(mask::secret(self.expose_secret())))
    }
}

impl<T: Setting> Setting for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const SECRET: bool = T::SECRET;

    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(Some)
    }

    fn display(&self) -> Option<DisplayValue> {
        self.as_ref().and_then(T::display)
    }
}

/// For `#[serde(deserialize_with)]`.
pub(super) fn read<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Setting,
{
    struct Scalar<T>(PhantomData<T>);

    impl<T: Setting> Visitor<'_> for Scalar<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTED)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            T::parse(text)
                .map_err(|problem| E::custom(format_args!("{problem}; expected {}", T::EXPECTED)))
        }

        fn visit_bool<E: de::Error>(self, flag: bool) -> Result<T, E> {
            self.visit_str(&flag.to_string())
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
            self.visit_str(&number.to_string())
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
            self.visit_str(&number.to_string())
        }
    }

    deserializer.deserialize_any(Scalar(PhantomData))
}

/// For `#[serde(serialize_with)]`; secrets are masked.
pub(super) fn write<S, T>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    S: Serializer,
    T: Setting,
{
    match value.display() {
        Some(DisplayValue::Text(text)) => serializer.serialize_str(&text),
        Some(DisplayValue::Number(number)) => serializer.serialize_u64(number),
        Some(DisplayValue::Flag(flag)) => serializer.serialize_bool(flag),
        None => serializer.serialize_none(),
    }
}

/// For `#[serde(skip_serializing_if)]`.
pub(super) fn is_unset<T: Setting>(value: &T) -> bool {
    value.display().is_none()
}
