//! How a provider is talked to.

use serde::Serialize;

use super::super::value::{DisplayValue, Setting, quoted};

/// The API of a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// Chat completions, which every compatible provider has.
    #[default]
    Chat,
    /// Responses.
    Responses,
}

impl Setting for Api {
    const EXPECTED: &'static str = "`chat` or `responses`";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "chat" => Ok(Self::Chat),
            "responses" => Ok(Self::Responses),
            _ => Err(format!("{} is neither", quoted(text))),
        }
    }

    fn display(&self) -> Option<DisplayValue> {
        let text = match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
        };
        Some(DisplayValue::Text(text.to_owned()))
    }
}
