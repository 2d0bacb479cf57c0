//! How endpoints say that they do not know a parameter.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Api;
use crate::control::parameters;
use crate::control::rule::Style;
use crate::errors::ApiError;

/// The answer 400 for these parameters, of which there is at least one.
pub(crate) fn answer(api: Api, style: Style, model: &str, names: &[String]) -> Answer {
    let first = names.first().map_or("", String::as_str);
    if api == Api::Messages {
        let message = format!("{first}: Extra inputs are not permitted");
        return api.error(&ApiError::body(message));
    }
    let error = match style {
        Style::OpenAi => return api.error(&openai(first)),
        Style::LiteLlm => litellm(model, names),
        Style::Vllm => vllm(names),
        Style::Wordless => json!({"error": {"message": "Bad Request"}}),
    };
    Answer::raw(400, "application/json", Bytes::from(error.to_string()))
}

fn openai(name: &str) -> ApiError {
    if let Some((format, kind)) = parameters::typed(name) {
        return ApiError::body(format!(
            "Invalid parameter: '{format}' of type '{kind}' is not supported with this model. \
             Learn more about supported models at the Structured Outputs guide: \
             https://platform.openai.com/docs/guides/structured-outputs"
        ));
    }
    let instead = match name {
        "max_tokens" => " Use 'max_completion_tokens' instead.",
        _ => "",
    };
    let message =
        format!("Unsupported parameter: '{name}' is not supported with this model.{instead}");
    ApiError {
        code: Some("unsupported_parameter"),
        ..ApiError::field(name, message)
    }
}

fn litellm(model: &str, names: &[String]) -> Value {
    // It knows a parameter by its first part only.
    let names: Vec<String> = names
        .iter()
        .map(|name| format!("'{}'", name.split('.').next().unwrap_or_default()))
        .collect();
    let names = names.join(", ");
    let message = format!(
        "litellm.UnsupportedParamsError: openai does not support parameters: [{names}], for model={model}. To drop \
         these, set `litellm.drop_params=True` or for proxy:\n\n`litellm_settings:\n drop_params: true`\n. \n If you \
         want to use these params dynamically send allowed_openai_params=[{names}] in your request."
    );
    json!({"error": {"message": message, "type": "None", "param": null, "code": "400"}})
}

fn vllm(names: &[String]) -> Value {
    let lines: Vec<String> = names
        .iter()
        .map(|name| {
            let place = name.replace('.', "', '");
            format!(
                "{{'type': 'extra_forbidden', 'loc': ('body', '{place}'), 'msg': 'Extra inputs are not permitted'}}"
            )
        })
        .collect();
    let message = format!("[{}]", lines.join(", "));
    json!({"error": {"message": message, "type": "BadRequestError", "param": null, "code": 400}})
}
