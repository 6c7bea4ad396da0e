//! Sources: what delivers frames, and what becomes of each.

pub mod folder;
pub mod replay;

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use bytes::Bytes;
use muster_domain::{field::FieldValue, frame_pipe::FrameHeader};
use muster_edge::{AssetDraft, DeviceTime, Draft, EdgeError, Hardware, Spool};
use muster_trigger::{Evaluation, Hit, SignalFrame, TriggerSet};

use crate::pixels::Pixels;

/// Looks at the frames of one stream: derives signals, asks the triggers, keeps what they want.
pub struct Eye {
    stream: String,
    triggers: TriggerSet,
    spool: Arc<Spool>,
    hardware: Arc<Hardware>,
    pixels: Pixels,
    latest: BTreeMap<String, FieldValue>,
    frames: u64,
}

/// A rule that could not be read on any frame so far is told after this many: it may name a signal that never comes.
const BLIND_FRAMES: u64 = 50;

/// One decoded frame.
pub struct Look {
    /// What is said about it.
    pub header: FrameHeader,
    /// The picture.
    pub jpeg: Bytes,
    /// The small grey picture.
    pub gray: Vec<u8>,
    /// When it happened.
    pub at: DeviceTime,
}

impl Eye {
    /// An eye on a stream.
    pub fn new(stream: &str, triggers: TriggerSet, spool: Arc<Spool>, hardware: Arc<Hardware>) -> Self {
        let (pixels, latest) = (Pixels::default(), BTreeMap::new());
        Self { stream: stream.into(), triggers, spool, hardware, pixels, latest, frames: 0 }
    }

    /// Takes in signals that came between two frames; what fires is kept with the next frame.
    pub fn feel(&mut self, now_micros: i64, signals: SignalFrame) -> Vec<Hit> {
        let evaluation = self.triggers.evaluate(now_micros, &signals);
        self.latest.extend(signals);
        self.held_back(&evaluation);
        evaluation.hits
    }

    /// Looks at a frame; keeps a capture for each trigger that fires on it, and for the hits that waited for it.
    pub async fn look(&mut self, look: Look, waiting: Vec<Hit>) -> anyhow::Result<()> {
        let Look { header, jpeg, gray, at } = look;
        let signals = self.pixels.signals(gray);
        let evaluation = self.triggers.evaluate(at.monotonic_micros, &signals);
        self.latest.extend(signals);
        self.held_back(&evaluation);
        self.tell_blind_triggers();
        for hit in waiting.into_iter().chain(evaluation.hits) {
            let draft = Draft {
                started: at,
                ended: at,
                signals: self.latest.clone(),
                proposals: Vec::new(),
                assets: vec![AssetDraft {
                    name: format!("{}.jpg", self.stream),
                    stream: self.stream.clone(),
                    media_type: "image/jpeg".into(),
                    bytes: jpeg.clone(),
                    width_px: Some(header.width_px),
                    height_px: Some(header.height_px),
                    duration_micros: None,
                }],
            };
            self.keep(hit, draft).await?;
        }
        Ok(())
    }

    async fn keep(&self, hit: Hit, draft: Draft) -> anyhow::Result<()> {
        let (spool, hardware) = (Arc::clone(&self.spool), Arc::clone(&self.hardware));
        let kept = tokio::task::spawn_blocking(move || spool.keep(hit.trigger, hit.priority, draft, &hardware))
            .await
            .context("the spool's thread ended early")?;
        match kept {
            Ok(_) => Ok(()),
            // Nothing can be counted any more: the agent has to start anew to learn what is on disk.
            Err(error @ EdgeError::LedgerPoisoned { .. }) => Err(error.into()),
            Err(error) => {
                tracing::error!(stream = self.stream, %error, "a capture was lost");
                Ok(())
            }
        }
    }

    fn tell_blind_triggers(&mut self) {
        self.frames += 1;
        if self.frames != BLIND_FRAMES {
            return;
        }
        for (trigger, counts) in self.triggers.counts() {
            if counts.unreadable >= BLIND_FRAMES {
                let known: Vec<&str> = self.latest.keys().map(String::as_str).collect();
                tracing::warn!(
                    stream = self.stream,
                    trigger,
                    signals = known.join(", "),
                    "this trigger could not be read on any frame so far; it reads a signal that this stream does not have"
                );
            }
        }
    }

    fn held_back(&self, evaluation: &Evaluation) {
        for suppressed in &evaluation.suppressed {
            tracing::debug!(stream = self.stream, trigger = suppressed.name, by = ?suppressed.by, "held back");
            self.spool.suppressed(&suppressed.name);
        }
    }
}
