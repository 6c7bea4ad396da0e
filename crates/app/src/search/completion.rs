//! Completion of the query bar.

use muster_index::Choice;

use super::{Completion, CompletionKind};
use crate::{app::App, error::AppResult, session::app::Urgency};

const COMPLETIONS: usize = 30;

/// What could be typed at the cursor (in characters).
pub async fn complete_query(app: &App, text: String, cursor: u32) -> AppResult<Vec<Completion>> {
    let opened = app.opened().await?;
    let view = opened.view().await?;
    app.blocking(Urgency::Interactive, move || {
        let byte = text.char_indices().nth(cursor as usize).map_or(text.len(), |(byte, _)| byte);
        let found = view.complete_at(&text, byte, COMPLETIONS)?;
        let chars = |bytes: usize| text[..bytes].chars().count() as u32;
        let (start, end) = (chars(found.bytes.start), chars(found.bytes.end));
        let completion = |choice: Choice| Completion {
            kind: if choice.count.is_none() { CompletionKind::Field } else { CompletionKind::Value },
            label: choice.label,
            insert: choice.insert,
            start,
            end,
            count: choice.count.map(|count| count as u32),
            hint: Some(choice.description.to_owned()).filter(|hint| !hint.is_empty()),
        };
        Ok(found.choices.into_iter().map(completion).collect())
    })
    .await
}
