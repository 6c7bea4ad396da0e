//! Groups of hits: by site, device, trigger, day on the clocks of the site, or duplicates.

use std::collections::HashMap;

use muster_domain::query::{
    KeywordField, LocalDay, SortField, SortSpec, TimeField, Zone, fold, micros_of, quoted_value,
};

use crate::{
    document::MISSING,
    error::Result,
    external::External,
    search::{GONE, Hits},
    view::View,
};

/// By what hits are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// By site.
    Site,
    /// By device.
    Device,
    /// By trigger.
    Trigger,
    /// By the day that the clocks of the capture's site showed.
    Day,
    /// By duplicate cluster: near ones where they are known, else equal bytes.
    Duplicate,
}

/// Neighbouring hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The place of the first.
    pub first: u32,
    /// How many.
    pub count: u32,
    /// What they have in common; empty for those that have nothing.
    pub label: String,
    /// A query that finds them among the hits; empty where none does.
    pub clause: String,
}

/// What a hit is grouped under, before groups have their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Bucket(u32);

/// The bucket of each place, and the label and the clause of each bucket.
type Bucketed = (Vec<Bucket>, Vec<(String, String)>);

impl View {
    /// Puts places that are in order into groups, which keeps that order inside each.
    pub(crate) fn grouped(
        &self,
        places: &mut Vec<u32>,
        by: GroupBy,
        sort: &SortSpec,
        external: &External,
    ) -> tantivy::Result<Vec<Group>> {
        let (buckets, mut labels) = match by {
            GroupBy::Site => self.by_name(places, KeywordField::Site)?,
            GroupBy::Device => self.by_name(places, KeywordField::Device)?,
            GroupBy::Trigger => self.by_name(places, KeywordField::Trigger)?,
            GroupBy::Day => self.by_day(places)?,
            GroupBy::Duplicate => self.by_duplicate(places, external)?,
        };
        let mut order: Vec<usize> = (0..labels.len()).collect();
        if by != GroupBy::Duplicate {
            order.sort_by_cached_key(|place| {
                (labels[*place].0.is_empty(), fold(&labels[*place].0), labels[*place].0.clone())
            });
        }
        // Latest days come first unless somebody sorts by time, earliest first.
        if by == GroupBy::Day && (sort.descending || sort.by != SortField::Captured) {
            order.reverse();
        }
        let mut counts = vec![0_u32; labels.len()];
        for bucket in &buckets {
            counts[bucket.0 as usize] += 1;
        }
        let mut groups = Vec::with_capacity(labels.len());
        let mut next = vec![0_u32; labels.len()];
        let mut first = 0;
        for place in order.into_iter().filter(|place| counts[*place] > 0) {
            next[place] = first;
            let (label, clause) = std::mem::take(&mut labels[place]);
            groups.push(Group { first, count: counts[place], label, clause });
            first += counts[place];
        }
        let mut sorted = vec![0; places.len()];
        for (place, bucket) in places.iter().zip(&buckets) {
            let target = &mut next[bucket.0 as usize];
            sorted[*target as usize] = *place;
            *target += 1;
        }
        *places = sorted;
        Ok(groups)
    }

    fn by_name(&self, places: &[u32], field: KeywordField) -> tantivy::Result<Bucketed> {
        let mut labels = vec![(String::new(), format!("-{}:*", field.name()))];
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut of_part: Vec<Vec<u32>> = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let names = part.columns.names(field)?;
            let mut buckets = vec![0; part.columns.max_doc as usize];
            for (name, docs) in names.values.iter().zip(&names.docs).filter(|(name, _)| *name != MISSING) {
                let bucket = *known.entry(name.clone()).or_insert_with(|| {
                    labels.push((name.clone(), format!("{}:{}", field.name(), quoted_value(name))));
                    labels.len() as u32 - 1
                });
                docs.iter().for_each(|doc| buckets[doc as usize] = bucket);
            }
            of_part.push(buckets);
        }
        let bucket = |place: &u32| {
            let (part, doc) = self.part_of(*place);
            Bucket(of_part[part][doc as usize])
        };
        Ok((places.iter().map(bucket).collect(), labels))
    }

    fn by_day(&self, places: &[u32]) -> tantivy::Result<Bucketed> {
        let mut days = Days::default();
        let mut zones: Vec<Zone> = vec![Zone::named(None)];
        let mut known: HashMap<String, u16> = HashMap::new();
        let (mut of_part, mut times) = (Vec::new(), Vec::new());
        for part in &self.parts {
            let names = part.columns.zones()?;
            let mut numbers = vec![0_u16; if names.values.is_empty() { 0 } else { part.columns.max_doc as usize }];
            for (name, docs) in names.values.iter().zip(&names.docs) {
                let number = *known.entry(name.clone()).or_insert_with(|| {
                    zones.push(Zone::named(Some(name)));
                    zones.len() as u16 - 1
                });
                docs.iter().for_each(|doc| numbers[doc as usize] = number);
            }
            of_part.push(numbers);
            times.push(part.columns.times(TimeField::Captured)?);
        }
        let bucket = |place: &u32| {
            let (part, doc) = self.part_of(*place);
            let zone = of_part[part].get(doc as usize).copied().unwrap_or(0);
            days.bucket(zone, &zones, micros_of(times[part][doc as usize]))
        };
        let buckets = places.iter().map(bucket).collect();
        Ok((buckets, days.labels))
    }

    fn by_duplicate(&self, places: &[u32], external: &External) -> tantivy::Result<Bucketed> {
        let row_keys = self.keys_of(places)?;
        let clusters: Vec<Option<u64>> = if let Some(near) = &external.clusters {
            row_keys.iter().map(|key| near.get(key).map(|cluster| u64::from(*cluster))).collect()
        } else {
            let contents: Vec<&[u64]> =
                self.parts.iter().map(|part| part.columns.contents()).collect::<tantivy::Result<_>>()?;
            let content = |place: &u32| {
                let (part, doc) = self.part_of(*place);
                Some(contents[part][doc as usize]).filter(|content| *content != 0)
            };
            places.iter().map(content).collect()
        };
        let mut sizes: HashMap<u64, u32> = HashMap::new();
        clusters.iter().flatten().for_each(|cluster| *sizes.entry(*cluster).or_default() += 1);
        let mut known: HashMap<u64, u32> = HashMap::new();
        let mut labels = Vec::new();
        let mut buckets = Vec::with_capacity(places.len());
        for cluster in &clusters {
            let size = cluster.map_or(1, |cluster| sizes[&cluster]);
            // What is alone goes last, into one group.
            let cluster = cluster.filter(|_| size > 1).unwrap_or(u64::MAX);
            let bucket = *known.entry(cluster).or_insert_with(|| {
                let label = if cluster == u64::MAX { String::new() } else { format!("{size} alike") };
                labels.push((label, String::new()));
                labels.len() as u32 - 1
            });
            buckets.push(Bucket(bucket));
        }
        if let Some(alone) = known.get(&u64::MAX).map(|alone| *alone as usize).filter(|alone| *alone + 1 < labels.len())
        {
            let end = labels.len();
            let moved = std::mem::take(&mut labels[alone]);
            labels.push(moved);
            buckets.iter_mut().filter(|bucket| bucket.0 as usize == alone).for_each(|bucket| bucket.0 = end as u32);
        }
        Ok((buckets, labels))
    }

    /// Where each day begins, of hits in order of capture: on the clocks of their site when all sites share one zone,
    /// else in UTC, so that no day comes twice.
    pub fn days(&self, hits: &Hits) -> Result<Vec<Group>> {
        self.checked(|| {
            let mut names: Vec<&str> = Vec::new();
            let mut elsewhere = false;
            for (part, docs) in self.parts.iter().zip(&hits.docs) {
                let zones = part.columns.zones()?;
                let mut known = 0;
                for (zone, of_zone) in zones.values.iter().zip(&zones.docs) {
                    let here = of_zone.intersection_len(docs);
                    known += here;
                    if here > 0 && !names.contains(&zone.as_str()) {
                        names.push(zone);
                    }
                }
                elsewhere |= known < docs.len();
            }
            let shared = if let ([name], false) = (names.as_slice(), elsewhere) { Some(*name) } else { None };
            let zone = Zone::named(shared);
            let suffix = if shared.is_some() { "@site" } else { "" };
            let times: Vec<&[u64]> = self
                .parts
                .iter()
                .map(|part| part.columns.times(TimeField::Captured))
                .collect::<tantivy::Result<_>>()?;
            let mut groups: Vec<Group> = Vec::new();
            let mut day = LocalDay { date: String::new(), start: 0, end: 0 };
            for (first, place) in (0..).zip(hits.places.iter()) {
                if *place == GONE {
                    // What is gone stays in the day of the one before.
                    groups.iter_mut().rev().take(1).for_each(|group| group.count += 1);
                    continue;
                }
                let (part, doc) = self.part_of(*place);
                let at = micros_of(times[part][doc as usize]);
                if groups.is_empty() || !(day.start..day.end).contains(&at) {
                    day = zone.day_of(at);
                    let clause = format!("captured:{}{suffix}", day.date);
                    groups.push(Group { first, count: 0, label: day.date.clone(), clause });
                }
                if let Some(group) = groups.last_mut() {
                    group.count += 1;
                }
            }
            Ok(groups)
        })
    }
}

/// Days of several zones; the day of the hit before is mostly that of the next one.
#[derive(Default)]
struct Days {
    labels: Vec<(String, String)>,
    known: HashMap<String, u32>,
    latest: HashMap<u16, (LocalDay, u32)>,
}

impl Days {
    fn bucket(&mut self, zone: u16, zones: &[Zone], at: i64) -> Bucket {
        if let Some((day, bucket)) = self.latest.get(&zone)
            && (day.start..day.end).contains(&at)
        {
            return Bucket(*bucket);
        }
        let day = zones[usize::from(zone)].day_of(at);
        let bucket = *self.known.entry(day.date.clone()).or_insert_with(|| {
            self.labels.push((day.date.clone(), format!("captured:{}@site", day.date)));
            self.labels.len() as u32 - 1
        });
        self.latest.insert(zone, (day, bucket));
        Bucket(bucket)
    }
}
