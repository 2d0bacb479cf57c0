//! Who is told when an evaluation has ended, as payloads and rubrics name it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields::{Errors, Fields};
use crate::json::{Json, Text};

/// In bytes.
pub const MAX_WEBHOOK_URL: usize = 2048;

/// The webhook of a rubric: where the end of an evaluation by it is told, unless its payload names another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RubricWebhook {
    /// Where to: `https`, on the public internet unless the operator allows more.
    #[schema(examples("https://example.com/autorater"))]
    pub url: String,
}

/// Reads `{"url": …}`; everything wrong is noted in `errors`.
pub(crate) fn url<'a>(value: &Json<'a>, pointer: &str, errors: &mut Errors) -> Option<Text<'a>> {
    let mut fields = Fields::of(value, pointer, errors)?;
    fields.require("url", errors);
    let url = fields.short_text("url", MAX_WEBHOOK_URL, errors);
    fields.finish(errors);
    url
}
