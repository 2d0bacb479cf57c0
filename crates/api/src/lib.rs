//! The public HTTP surface as types, for both directions.
//!
//! Services answer with them, clients and tests read and write them, and the OpenAPI documents are made from them.
//! What a request may hold is decided by the strict readers of [`domain`], which name every wrong field; a test here
//! holds the request types against those readers.

mod agreement;
mod audit;
mod budget;
mod call;
mod command;
mod evaluation;
mod key;
mod label;
mod page;
mod problem;
mod providers;
mod queue;
mod rubric;
mod session;
mod stats;
mod strategy;
mod study;
mod submission;
mod timeline;
mod webhook;

pub use agreement::{
    Agreement, AgreementCoverage, AgreementSubject, Confusion, ConfusionCase, ConfusionCell,
    Estimate, IntervalMethod, PassAgreement, RaterAgreement,
};
pub use audit::{Audit, Bias, BiasCase, BiasFigures};
pub use budget::Budget;
pub use call::{Call, CallDetail, CallState, PromptMessage};
pub use command::{Command, CommandKind, CommandPreview, CommandStatus};
pub use evaluation::{
    Evaluation, EvaluationError, EvaluationKind, EvaluationSummary, Progress, StageUsage, Status,
    TierUsage, Usage,
};
pub use key::{CreatedKey, Key, NewKey};
pub use label::{Label, NewLabel};
pub use page::Page;
pub use problem::{FieldError, Problem};
pub use providers::{Deployment, ProviderError, ProviderStates};
pub use queue::{Queue, QueueEntries, SlotLimit, TenantQueue};
pub use rubric::{RubricChoice, RubricVersion};
pub use session::{NewSession, Session, SessionAuth};
pub use stats::{
    CostFigures, Coverage, Figures, IntervalFigures, LatencyFigures, PassRate, ScoreFigures, Stats,
    StatsInterval,
};
pub use strategy::{
    CascadeOptions, DebateOptions, DebateStage, DebaterOptions, EscalationOptions, JudgeOptions,
    JudgeStage, PlainStage, StageChoice, StageKind, StageOptions, StrategyChoice, StrategyName,
    StrategyOptions,
};
pub use study::{
    Check, CheckUsage, Flip, FlippedCase, MovedCase, StudyCoverage, StudyJudging, StudyPreview,
    StudySample, StudyStatus,
};
pub use submission::{Accepted, BatchAnswer, Change, Message, Output, Prose, Submission, Webhook};
pub use timeline::{ProgressEvent, ServerSentEvent, Timeline, TimelineEvent, Waiting};
pub use webhook::{
    CreatedWebhookSecret, DefaultWebhook, NewDefaultWebhook, NewWebhookSecret, WebhookDelivery,
    WebhookMessage, WebhookSecret, WebhookStatus, WebhookTry,
};
