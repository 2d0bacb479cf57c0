//! The same in other languages than English, by stems of words: what is measured, that it is too much, and what has
//! limits of its own. Messages are in lower case.

use super::numbers::has_two_numbers;

/// What is measured and stands for the input.
const INPUT: [&str; 15] = [
    "kontext",
    "eingabe",
    "anfrage",
    "contexte",
    "entrée",
    "contexto",
    "entrada",
    "contesto",
    "上下文",
    "输入",
    "コンテキスト",
    "プロンプト",
    "컨텍스트",
    "контекст",
    "запрос",
];

/// What may be the output as well.
const MEASURED: [&str; 6] = ["token", "prompt", "jeton", "トークン", "토큰", "токен"];

/// That it is too much.
const TOO_MUCH: [&str; 30] = [
    "zu lang",
    "zu groß",
    "zu gross",
    "zu viele",
    "überschreit",
    "überschritt",
    "übersteig",
    "länger als",
    "größer als",
    "mehr als",
    "trop long",
    "trop de",
    "trop grand",
    "dépass",
    "demasiado",
    "excede",
    "supera",
    "sobrepasa",
    "troppo",
    "muito long",
    "超长",
    "超过",
    "超出",
    "过长",
    "超え",
    "長すぎ",
    "초과",
    "너무",
    "превыш",
    "слишком",
];

/// A limit, beside which the number stands that was sent.
const LIMIT: [&str; 8] = [
    "maxim",
    "höchst",
    "erlaubt",
    "límite",
    "limite",
    "上限",
    "最大",
    "максим",
];

/// Rates, money, keys, filters, time, load, memory and the network; other things than texts.
const OF_SOMETHING_ELSE: [&str; 53] = [
    "pro minute",
    "pro stunde",
    "pro tag",
    "pro sekunde",
    "ratenlimit",
    "anfragelimit",
    "zu viele anfragen",
    "kontingent",
    "guthaben",
    "schlüssel",
    "abgelaufen",
    "richtlinie",
    "zeit",
    "später",
    "erneut",
    "speicher",
    "verbindung",
    "überlast",
    "ausgelastet",
    "bilder",
    "par minute",
    "par jour",
    "débit",
    "trop de requêtes",
    "crédit",
    "clé",
    "délai",
    "temps",
    "plus tard",
    "mémoire",
    "connexion",
    "por minuto",
    "por día",
    "cuota",
    "demasiadas solicitudes",
    "crédito",
    "tiempo",
    "tempo",
    "más tarde",
    "memoria",
    "al minuto",
    "più tardi",
    "每分钟",
    "稍后",
    "配额",
    "余额",
    "内存",
    "超时",
    "分あたり",
    "メモリ",
    "タイムアウト",
    "в минуту",
    "позже",
];

/// The output.
const OUTPUT: [&str; 7] = [
    "ausgabe", "antwort", "sortie", "salida", "saída", "输出", "出力",
];

/// Whether a message says that the input is too long.
pub(super) fn say(message: &str) -> bool {
    let has = |stems: &[&str]| stems.iter().any(|stem| message.contains(stem));
    let names_input = has(&INPUT);
    let is_measured = names_input || (has(&MEASURED) && !has(&OUTPUT));
    let is_too_much = has(&TOO_MUCH) || (names_input && has(&LIMIT) && has_two_numbers(message));
    is_measured && is_too_much && !has(&OF_SOMETHING_ELSE)
}
