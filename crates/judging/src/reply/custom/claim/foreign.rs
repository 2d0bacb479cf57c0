//! Sentences that claim a choice in other languages than English: `Daher ist Output (a) besser.`, `Je préfère A.`, `因此，A更好。`
//!
//! Each word of such a sentence is one of those that it is made of, so that one that denies, supposes or speaks of a part says
//! nothing.

use super::super::sentence::words;
use super::super::{lines, wide};

/// Words for the better one, and those between it and the candidate.
const BETTER: &str =
    "besser bessere beste meilleur meilleure mejor migliore melhor лучше лучший лучшая";
const BEING: &str = "ist est es è é является";
const DEGREES: &str = "die der das la le el il a o eindeutig deutlich klar insgesamt etwas nettement clairement légèrement globalement claramente \
    ligeramente nettamente явно немного";
const NOUNS: &str = "antwort ausgabe lösung réponse sortie solution respuesta salida solución risposta resposta ответ вариант";
/// Verbs by which a judge chooses, with who it is.
const CHOOSING: &str = "wähle bevorzuge nehme choisis préfère prends elijo prefiero escojo scelgo preferisco escolho prefiro выбираю предпочитаю";
const SPEAKING: &str = "ich je yo io eu я";
/// Words that open such a sentence.
const OPENERS: &str = "daher deshalb somit also insgesamt fazit letztlich donc ainsi finalement globalement conclusion en résumé por lo tanto eso \
    conclusión finalmente quindi perciò pertanto portanto поэтому итак таким образом в итоге целом alles allem in unterm strich inzwischen jetzt aber doch maintenant mais tout compte fait au fin de finalement ahora pero al en definitiva ora ma tutto sommato теперь но";
/// The same in scripts without blanks.
const WIDE_OPENERS: &str = "因此 所以 综上 所述 總之 总之 总的来说 总体来说 我认为 したがって よって 以上より 総合的に 結論として";
const WIDE_CHOOSING: &str = "我选择 我選擇 我选 我更喜欢 我更倾向于 我推荐 我偏好";
const WIDE_BETTER: &str =
    "更好 更佳 更优 更优秀 更胜一筹 胜出 良い 良いです 優れています を選びます を選択します";
const WIDE_BESIDE: &str = "の方が のほうが が より 明显 略 整体 总体上 显然";

/// Whether what stands around a choice, with nothing else in its sentence, says that it is the better one or the chosen one.
pub(super) fn claims(before: &str, behind: &str) -> bool {
    let (said, rest): (Vec<String>, Vec<String>) =
        (words(before).collect(), words(behind).collect());
    let is = |word: &String, list| lines::is_among(list, word);
    let is_opened = |word: &String| [OPENERS, NOUNS, DEGREES].iter().any(|list| is(word, list));
    let being = said
        .iter()
        .chain(&rest)
        .filter(|word| is(word, BEING))
        .count();
    let is_better = rest.iter().any(|word| is(word, BETTER))
        && (being == 1 || rest.first().is_some_and(|word| word.starts_with("лучш")))
        && said.iter().all(|word| is_opened(word) || is(word, BEING))
        && rest.iter().all(|word| {
            [BETTER, BEING, DEGREES, NOUNS]
                .iter()
                .any(|list| is(word, list))
        });
    let is_chosen = said.iter().any(|word| is(word, CHOOSING))
        && said
            .iter()
            .all(|word| is_opened(word) || is(word, CHOOSING) || is(word, SPEAKING))
        && lines::is_over(behind);
    let is_wide = || {
        let has = |text: &str, list: &str| list.split(' ').any(|piece| text.contains(piece));
        wide::is_made_of(before, &[WIDE_OPENERS, WIDE_CHOOSING])
            && wide::is_made_of(behind, &[WIDE_BETTER, WIDE_BESIDE])
            && (has(before, WIDE_CHOOSING) || has(behind, WIDE_BETTER))
    };
    is_better || is_chosen || is_wide()
}
