//! A device's triggers: evaluated together on each frame of signals, with edges, cooldown and sampling.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use muster_domain::{capture::TriggerHit, field::FieldValue};
use serde::{Deserialize, Serialize};

use crate::{MAX_SIGNALS, Rule, SignalWindow, TriggerError, Verdict};

/// When a rule that holds fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// When it begins to hold.
    #[default]
    Edge,
    /// On every frame on which it holds (after the cooldown).
    Level,
}

/// A trigger as it is configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Its name, unique on the device.
    pub name: String,
    /// Its version: raised with each change, so that captures tell which rule made them.
    #[serde(default = "first_version")]
    pub version: u32,
    /// The rule, in CEL.
    pub when: String,
    /// Edge or level.
    #[serde(default)]
    pub mode: Mode,
    /// Seconds of silence after it fired.
    #[serde(default)]
    pub cooldown_s: f64,
    /// The share of firings that become captures, in (0, 1].
    #[serde(default = "every_one")]
    pub sample: f64,
    /// Higher is more valuable: uploaded first, given up last.
    #[serde(default)]
    pub priority: u8,
}

fn first_version() -> u32 {
    1
}

fn every_one() -> f64 {
    1.0
}

/// The values that signals took at one moment; a signal that has no new value is left out.
pub type SignalFrame = BTreeMap<String, FieldValue>;

/// A firing that becomes a capture.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Name, version, expression, and the values that the rule read.
    pub trigger: TriggerHit,
    /// The trigger's priority.
    pub priority: u8,
}

/// A firing that was held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The trigger's name.
    pub name: String,
    /// By what.
    pub by: SuppressedBy,
}

/// What held a firing back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressedBy {
    /// It fired a moment ago.
    Cooldown,
    /// The sampling rate left it out.
    Sampling,
}

/// What came of one frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// Firings that become captures, in the order of the configuration.
    pub hits: Vec<Hit>,
    /// Firings held back.
    pub suppressed: Vec<Suppressed>,
}

/// Counts of one trigger since the set was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Firings that became hits.
    pub fired: u64,
    /// Firings held back by the cooldown.
    pub cooldown: u64,
    /// Firings held back by sampling.
    pub sampling: u64,
    /// Evaluations that read what had no value, or a value of the wrong kind.
    pub unreadable: u64,
}

/// A device's triggers and the recent past of the signals that they read.
#[derive(Debug, Clone)]
pub struct TriggerSet {
    triggers: Vec<Armed>,
    signals: BTreeMap<String, SignalWindow>,
    spans: BTreeMap<String, Duration>,
    seed: u64,
}

#[derive(Debug, Clone)]
struct Armed {
    trigger: Trigger,
    rule: Rule,
    held: bool,
    quiet_until_micros: i64,
    decisions: u64,
    counts: Counts,
}

impl TriggerSet {
    /// Checks and arms the triggers; the first bad one is refused with its position and reason.
    pub fn new(triggers: Vec<Trigger>, seed: u64) -> Result<Self, TriggerError> {
        let mut names = BTreeSet::new();
        let mut spans: BTreeMap<String, Duration> = BTreeMap::new();
        let mut armed = Vec::with_capacity(triggers.len());
        for trigger in triggers {
            check(&trigger)?;
            if !names.insert(trigger.name.clone()) {
                return Err(TriggerError::Twice { name: trigger.name });
            }
            let rule = Rule::parse(&trigger.when)
                .map_err(|source| TriggerError::Rule { name: trigger.name.clone(), source })?;
            for (signal, span) in rule.signals() {
                let longest = spans.entry(signal.into()).or_default();
                *longest = span.max(*longest);
            }
            let (quiet_until_micros, counts) = (i64::MIN, Counts::default());
            armed.push(Armed { trigger, rule, held: false, quiet_until_micros, decisions: 0, counts });
        }
        Ok(Self { triggers: armed, signals: BTreeMap::new(), spans, seed })
    }

    /// Takes in one frame of signals and says which triggers fire.
    ///
    /// `now_micros` is monotonic; frames come in the order of their times.
    pub fn evaluate(&mut self, now_micros: i64, frame: &SignalFrame) -> Evaluation {
        for (name, value) in frame {
            // Only what a rule reads is kept; MAX_SIGNALS bounds even a rule set that names too many.
            if let Some(span) = self.spans.get(name)
                && (self.signals.contains_key(name) || self.signals.len() < MAX_SIGNALS)
            {
                let window = self.signals.entry(name.clone()).or_insert_with(|| SignalWindow::new(*span));
                window.push(now_micros, value.clone());
            }
        }
        let mut evaluation = Evaluation::default();
        for armed in &mut self.triggers {
            armed.decide(&self.signals, now_micros, self.seed, &mut evaluation);
        }
        evaluation
    }

    /// Counts by trigger.
    pub fn counts(&self) -> BTreeMap<String, Counts> {
        self.triggers.iter().map(|armed| (armed.trigger.name.clone(), armed.counts)).collect()
    }
}

impl Armed {
    fn decide(
        &mut self,
        signals: &BTreeMap<String, SignalWindow>,
        now_micros: i64,
        seed: u64,
        evaluation: &mut Evaluation,
    ) {
        let values = match self.rule.evaluate(signals, now_micros) {
            Verdict::Holds(values) => values,
            Verdict::Fails => {
                self.held = false;
                return;
            }
            Verdict::Unreadable => {
                self.held = false;
                self.counts.unreadable += 1;
                return;
            }
        };
        let begins = !std::mem::replace(&mut self.held, true);
        if self.trigger.mode == Mode::Edge && !begins {
            return;
        }
        let name = self.trigger.name.clone();
        if now_micros < self.quiet_until_micros {
            self.counts.cooldown += 1;
            evaluation.suppressed.push(Suppressed { name, by: SuppressedBy::Cooldown });
            return;
        }
        // The cooldown runs from every decision: a level rule would otherwise draw again on the next frame, and a
        // sampling rate of one in ten would fire ten frames later instead of one time in ten.
        self.quiet_until_micros = now_micros.saturating_add((self.trigger.cooldown_s * 1e6) as i64);
        self.decisions += 1;
        if draw(seed, &name, self.decisions) >= self.trigger.sample {
            self.counts.sampling += 1;
            evaluation.suppressed.push(Suppressed { name, by: SuppressedBy::Sampling });
            return;
        }
        self.counts.fired += 1;
        let expression = self.rule.expression().to_owned();
        let trigger = TriggerHit { name, version: self.trigger.version, expression, values };
        evaluation.hits.push(Hit { trigger, priority: self.trigger.priority });
    }
}

fn check(trigger: &Trigger) -> Result<(), TriggerError> {
    let name = trigger.name.clone();
    if !(1..=200).contains(&name.len()) || name.chars().any(char::is_control) {
        return Err(TriggerError::Name { name });
    }
    if !(trigger.cooldown_s.is_finite() && trigger.cooldown_s >= 0.0) {
        return Err(TriggerError::Cooldown { name, cooldown_s: trigger.cooldown_s });
    }
    if !(trigger.sample > 0.0 && trigger.sample <= 1.0) {
        return Err(TriggerError::Sample { name, sample: trigger.sample });
    }
    Ok(())
}

/// A number in [0, 1) that depends on nothing but its arguments (`SplitMix64`, Steele et al. 2014).
fn draw(seed: u64, name: &str, decision: u64) -> f64 {
    let mixed = name.bytes().fold(seed, |state, byte| split_mix(state ^ u64::from(byte)));
    (split_mix(mixed.wrapping_add(decision)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn split_mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
