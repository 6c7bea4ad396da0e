//! `muster-edge status`: how the spool stands, for a person or a program.

use anyhow::Context;
use muster_domain::time::{Clock, WallClock};
use muster_edge::{
    SpoolStatus,
    identity::{Enrolment, read_enrolment},
    read_status,
};

use crate::config::Config;

/// Prints the state of the spool; the agent may be running.
pub fn command(config: &Config, json: bool) -> anyhow::Result<()> {
    let enrolment = read_enrolment(&config.spool_dir.join("identity"))?;
    let status = read_status(&config.spool_dir)?;
    if json {
        let document = serde_json::json!({ "enrolment": enrolment, "spool": status });
        println!("{document}");
        return Ok(());
    }
    let status =
        status.with_context(|| format!("{} holds no spool yet; has the agent run?", config.spool_dir.display()))?;
    print!("{}", text(enrolment.as_ref(), &status, WallClock.now().0));
    Ok(())
}

/// The state in words.
fn text(enrolment: Option<&Enrolment>, status: &SpoolStatus, now_micros: i64) -> String {
    let mut lines = vec![match enrolment {
        Some(enrolment) => format!(
            "{} at {}, device {}, service {}",
            enrolment.device, enrolment.site, enrolment.device_id, enrolment.service
        ),
        None => "not enrolled".into(),
    }];
    let counts = status.counts;
    lines.push(format!(
        "{} fired = {} committed + {} dropped + {} pending; {} suppressed (epoch {}, up to {})",
        counts.fired, counts.committed, counts.dropped, counts.pending, counts.suppressed, status.epoch, status.seq
    ));
    lines.extend(status.dropped_by_reason.iter().map(|(reason, count)| format!("  dropped, {reason}: {count}")));
    for (name, counts) in &status.triggers {
        lines.push(format!("  trigger {name}: {} fired, {} suppressed", counts.fired, counts.suppressed));
    }
    lines.push(format!("spool {}, disk free {}", size(status.spool_bytes), size(status.free_bytes)));
    if let Some(oldest) = status.oldest_pending_at {
        let age_s = now_micros.saturating_sub(oldest.0) / 1_000_000;
        lines.push(format!("the oldest pending capture fired {age_s} s ago, at {}", oldest.to_rfc3339()));
    }
    lines.join("\n") + "\n"
}

fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use muster_domain::{ledger::LedgerCounts, time::UtcMicros};

    use super::*;

    #[test]
    fn people_can_read_it() {
        let status = SpoolStatus {
            epoch: 3,
            seq: 12,
            counts: LedgerCounts { fired: 12, committed: 9, dropped: 1, pending: 2, suppressed: 40 },
            dropped_by_reason: BTreeMap::from([("evicted", 1)]),
            triggers: BTreeMap::new(),
            spool_bytes: 612_345,
            free_bytes: 81_200_000_000,
            oldest_pending_at: Some(UtcMicros(1_700_000_000_000_000)),
        };
        insta::assert_snapshot!(text(None, &status, 1_700_000_090_000_000), @r"
        not enrolled
        12 fired = 9 committed + 1 dropped + 2 pending; 40 suppressed (epoch 3, up to 12)
          dropped, evicted: 1
        spool 612.3 kB, disk free 81.2 GB
        the oldest pending capture fired 90 s ago, at 2023-11-14T22:13:20.000Z
        ");
    }
}
