//! The words that labels are made of.

/// Words that name a score.
pub(in super::super) const SCORES: &str = "score scores rating ratings grade mark marks points evaluation 评分 評分 得分 分数 分數 评价 評價 評価 点数 採点 スコア \
    総合評価 最終評価 总分 總分 综合评分 最终评分 最终得分 점수 평점 평가 التقييم الدرجة النتيجة оценка балл bewertung punktzahl punkte \
    puntuación calificación note nota pontuação punteggio voto puan ocena évaluation evaluación valutazione avaliação beurteilung";

/// Words that name a decision.
pub(super) const DECISIONS: &str = "verdict decision choice winner judgment judgement preference selection label classification conclusion 結論 结论 选择 選擇 判断 \
    判決 결론 القرار выбор entscheidung decisión choix urteil fazit verdikt veredicto verdetto вердикт вывод";

/// Those of them that name nothing but a verdict, and so its number, too.
pub(super) const VERDICTS: &str = "verdict judgement judgment conclusion urteil fazit verdikt veredicto verdetto вердикт 結論 结论";
/// Words for the better one.
pub(super) const WINNERS: &str = "gewinner gewinnerin sieger ganador ganadora gagnant gagnante vainqueur vincitore vencedor winnaar победитель 获胜者 獲勝者 \
    胜者 勝者 优胜者";

/// Words that labels have from the second version of the reader on, besides those.
pub(super) const NEWER: &str =
    "meine mein ma mi моя punkte lautet ergebnis résultat resultado risultato результат итог";
/// Words by which a label says that it stands for the whole.
pub(super) const WHOLE: &str = "overall gesamt insgesamt globalement 总体 總體 総合 итого";

/// Words that name a decision at the end of a reply; before it they may belong to the solution of a task.
pub(super) const ANSWERS: &str = "answer output result outcome response ergebnis résultat resultado risultato результат итог 答案 回答";

/// Words that name a score, and in another language or sense a remark, a sign or things to mention.
pub(super) const AMBIGUOUS: &str = "note nota mark marks points punkte";

/// Words that name a verdict, and what is written about it too.
pub(super) const REMARKS: &str = "evaluation 评价 評價 評価 평가 оценка bewertung classification label preference selection choice conclusion 結論 结论";

/// Words that may stand in brackets in a label, besides these: others say that it is the score of something else, or a
/// bound (`Score (maximum)`).
pub(super) const BRACKETED: &str =
    "try attempt round integer number only first once more again revised new required";

/// Words that in brackets name no aspect of what is judged, but another score than that of it.
pub(super) const NOT_ASPECTS: &str = "maximum minimum max min possible best worst ideal perfect highest lowest average mean median other others \
    previous prior former old initial draft expected example hypothetical baseline reference threshold scale range before \
    without estimate estimated tentative preliminary provisional badness severity error errors fault faults defect defects harm \
    harmfulness toxicity risk weakness bias difficulty cost loss percent percentage rank ranking place position inverse reverse invertiert umgekehrt";

/// Words for what is taken off a score, or added to it.
pub(super) const REDUCTIONS: &str = "penalty penalties deduction deductions bonus malus abzug abzüge punktabzug pénalité pénalités penalización penalizzazione penalità \
    penalidade штраф 扣分 减分 減点";

/// Words that may stand beside these.
pub(super) const OTHERS: &str = "the my meine mein ma mi моя a final overall total judge judge's numeric numerical quality of for this is therefore \
    thus so hence better best preferred response answer solution code output text summary la il el le die der das global \
    globale totale finale generale general complessivo итоговая итоговый финальная общая общий 最終 最终 总体 總體 総合 综合 최종 النهائي النهائية";

/// Words that name what a verdict stands in or rests on.
pub(super) const REASONS: &str = "explanation reason reasoning rationale justification analysis comparison feedback assessment \
    review comment note thoughts because since in i correction corrected revised revision update updated reflection \
    second third";

/// Words by which a label names the same verdict anew, or on the whole.
pub(super) const ANEW: &str = "final finally overall total revised revision corrected correction correct amend revise adjusted updated update new now actual \
    actually edit edited reconsidered end ultimately conclusion then definitive last so therefore thus hence after real gesamt insgesamt endgültig neu finale \
    definitivo definitiva corrigé corregido corretto revisado итого исправлено 最终 最終 总 合计 更正 訂正";

/// Words that may stand beside those.
pub(super) const BESIDE_ANEW: &str = "the my a in after all is my that second look thought review \
    adjustment adjustments here are let me i mind this it";
