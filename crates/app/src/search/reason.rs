//! Why a query finds nothing.

use muster_domain::query::{Expr, Query, contradiction};
use muster_index::{External, View};

use crate::error::AppResult;

/// What a person should know about a query without hits; `None` where there is nothing to say.
pub(super) fn of_nothing(query: &Query, view: &View, external: &External) -> AppResult<Option<String>> {
    if view.captures() == 0 {
        return Ok(Some("the library holds no captures yet".to_owned()));
    }
    if let Some(found) = contradiction(query) {
        return Ok(Some(found.to_string()));
    }
    let parts = match &query.root {
        Expr::Everything => return Ok(None),
        Expr::And(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    for part in parts {
        let alone = Query::of(part.clone());
        if view.count(&alone, external)? == 0 {
            return Ok(Some(format!("no capture matches {alone}")));
        }
    }
    if parts.len() < 2 {
        return Ok(None);
    }
    // Each part finds something: does it take the same annotation?
    let apart = Query::of(Expr::and(parts.iter().cloned().map(Expr::group)));
    let elsewhere = view.count(&apart, external)?;
    Ok(Some(match elsewhere {
        0 => "each part of the query matches something, but no capture matches all of them".to_owned(),
        count => {
            let captures = if count == 1 { "1 capture matches".to_owned() } else { format!("{count} captures match") };
            format!("{captures} with different annotations, none with one and the same; for those, write {apart}")
        }
    }))
}
