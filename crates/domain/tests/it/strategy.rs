//! Random rows and random queries over one small vocabulary, so that they meet. The index's tests use them too.

use std::collections::BTreeMap;

use muster_domain::{
    annotation::Decision,
    field::FieldValue,
    id::{AnnotationId, CaptureId},
    query::{
        AnnotationRow, CaptureRow, Expr, IdField, IdPrefix, KeywordField, Moment, NumberField, OneOf, Pattern,
        Predicate, Query, Span, TextField, TimeField, ValueField, ValueItem, Words,
    },
    time::UtcMicros,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use uuid::Uuid;

const NAMES: [&str; 8] = ["person", "Person", "car", "traffic light", "depot-1", "Depot 2", "größe", "出口"];
const TEXTS: [&str; 6] =
    ["street/IMG_0042.jpg", "no entry", "NO ENTRANCE", "red truck", "出口 exit", "a red, big truck"];
const SIGNALS: [&str; 3] = ["motion", "imu.x", "odd name"];
const STATEMENTS: [&str; 5] = ["none", "submitted", "verified_empty", "skipped", "escalated"];
const ORIGINS: [&str; 4] = ["person", "model", "import", "rule"];
const KINDS: [&str; 3] = ["box", "caption", "classification"];
const DAY_MICROS: i64 = 86_400_000_000;
/// 2026-11-01T00:00:00Z.
const FIRST_DAY: i64 = 1_793_491_200_000_000;

fn name() -> impl Strategy<Value = String> {
    select(&NAMES[..]).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    select(&TEXTS[..]).prop_map(str::to_owned)
}

fn number() -> impl Strategy<Value = f64> {
    select(vec![-1.5, 0.0, -0.0, 0.2, 0.5, 0.500_000_1, 0.9, 1.0, 5.0, 640.0])
}

fn value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        number().prop_map(FieldValue::Number),
        any::<bool>().prop_map(FieldValue::Boolean),
        name().prop_map(FieldValue::Text),
        select(vec!["2026-11-02", "2026-12-01", "5", "5.0"]).prop_map(|text| FieldValue::Text(text.to_owned())),
    ]
}

fn values() -> impl Strategy<Value = BTreeMap<String, FieldValue>> {
    proptest::collection::btree_map(select(&SIGNALS[..]).prop_map(str::to_owned), value(), 0..3)
}

fn micros() -> impl Strategy<Value = UtcMicros> {
    (0_i64..4, select(vec![0, 1, DAY_MICROS / 2, DAY_MICROS - 1]))
        .prop_map(|(day, rest)| UtcMicros(FIRST_DAY + day * DAY_MICROS + rest))
}

/// Few ids, so that prefixes meet them.
fn id() -> impl Strategy<Value = Uuid> {
    (select(vec![0x0198_u128, 0x0199, 0xabcd]), 0_u128..64)
        .prop_map(|(head, tail)| Uuid::from_u128((head << 112) | (tail << 80) | tail))
}

pub fn annotation_row() -> impl Strategy<Value = AnnotationRow> {
    (
        (id(), name(), select(Decision::ALL.to_vec()), select(&ORIGINS[..]), option::of(name())),
        (option::of(number()), select(&KINDS[..]), option::of(number()), option::of(number())),
        (select(vec!["main", "gold"]), option::of(text()), values()),
    )
        .prop_map(
            |((id, class, decision, origin, model), (confidence, kind, width, height), (layer, text, fields))| {
                AnnotationRow {
                    annotation_id: AnnotationId(id),
                    class,
                    decision,
                    origin,
                    model,
                    confidence,
                    kind,
                    width_px: width,
                    height_px: height,
                    layer: layer.to_owned(),
                    text,
                    user_fields: fields,
                }
            },
        )
}

pub fn capture_row(row_key: u32) -> impl Strategy<Value = CaptureRow> {
    (
        (id(), option::of(name()), option::of(name()), option::of(name()), vec(name(), 0..2)),
        (vec(select(vec!["image", "video", "series"]), 0..2), vec(text(), 0..3), micros(), micros()),
        (
            option::of(select(vec![320_u32, 640, 1920])),
            option::of(select(vec![240_u32, 480])),
            option::of(number()),
            option::of(select(vec!["Europe/Berlin", "America/St_Johns"])),
            option::of(0_u64..4),
        ),
        (values(), values(), vec(name(), 0..3), select(&STATEMENTS[..]), vec(name(), 0..2), vec(text(), 0..2)),
        vec(annotation_row(), 0..5),
    )
        .prop_map(move |(names, media, size, more, annotations)| CaptureRow {
            row_key,
            change_seq: 0,
            capture_id: CaptureId(names.0),
            site: names.1,
            device: names.2,
            trigger: names.3,
            streams: names.4,
            media: media.0,
            paths: media.1,
            time_zone: size.3.map(str::to_owned),
            content: size.4,
            captured_at: media.2,
            received_at: media.3,
            width_px: size.0,
            height_px: size.1,
            duration_s: size.2,
            latitude: None,
            longitude: size.2,
            signals: more.0,
            user_fields: more.1,
            tags: more.2,
            submission: more.3,
            model_runs: more.4,
            text: more.5,
            annotations,
        })
}

fn pattern(text: impl Strategy<Value = String>) -> impl Strategy<Value = Pattern> {
    (text, any::<bool>()).prop_map(|(text, star)| if star { Pattern::beginning(&text) } else { Pattern::whole(&text) })
}

fn one_of<T: std::fmt::Debug + Clone>(item: impl Strategy<Value = T>) -> impl Strategy<Value = OneOf<T>> {
    (prop::bool::weighted(0.2), vec(item, 1..3)).prop_map(|(negated, any)| OneOf { negated, any })
}

fn span<T: Copy + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + Clone + 'static,
    ordered: fn(T, T) -> (T, T),
) -> impl Strategy<Value = Span<T>> {
    prop_oneof![
        1 => Just(Span::Any),
        3 => value.clone().prop_map(Span::Is),
        5 => compared(value, ordered),
    ]
}

fn compared<T: Copy + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + Clone + 'static,
    ordered: fn(T, T) -> (T, T),
) -> impl Strategy<Value = Span<T>> {
    prop_oneof![
        value.clone().prop_map(Span::Above),
        value.clone().prop_map(Span::AtLeast),
        value.clone().prop_map(Span::Below),
        value.clone().prop_map(Span::AtMost),
        (value.clone(), value).prop_map(move |(low, high)| {
            let (low, high) = ordered(low, high);
            Span::Between(low, high)
        }),
    ]
}

fn number_pair(low: f64, high: f64) -> (f64, f64) {
    (low.min(high), low.max(high))
}

fn moment_pair(low: Moment, high: Moment) -> (Moment, Moment) {
    if low.start() <= high.start() { (low, high) } else { (high, low) }
}

fn moment() -> impl Strategy<Value = Moment> + Clone {
    let written = [
        "2026-11",
        "2026-11-02",
        "2026-11-03T12:00Z",
        "2026-11-01T00:00:00Z",
        "2026-11-04T00:00:00.000001Z",
        "2026-11-02+05:30",
        "2026-11-02@site",
        "2026-11-03T12:00@site",
    ];
    select(written.map(|text| Moment::parse(text).expect("written in an accepted form")).to_vec())
}

fn number_test() -> impl Strategy<Value = OneOf<Span<f64>>> {
    one_of(span(number().boxed(), number_pair))
}

fn words(text: impl Strategy<Value = String>) -> impl Strategy<Value = Words> {
    (text, any::<bool>()).prop_filter_map("no letter and no digit", |(text, star)| Words::new(&text, star))
}

fn typed_words() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        name(),
        select(vec!["entr", "no", "tru", "IMG", "0198", "01980000", "depot-", "0"]).prop_map(str::to_owned),
    ]
}

fn id_prefix() -> impl Strategy<Value = IdPrefix> {
    (id(), select(vec![4_usize, 8, 11, 32])).prop_map(|(id, digits)| {
        let text: String = id.simple().to_string().chars().take(digits).collect();
        IdPrefix::parse(&text).expect("at least four digits of an id")
    })
}

fn value_item(text: impl Strategy<Value = String>) -> impl Strategy<Value = ValueItem> {
    prop_oneof![
        pattern(text).prop_map(ValueItem::Word),
        compared(number().boxed(), number_pair).prop_map(ValueItem::Number),
        compared(moment(), moment_pair).prop_map(ValueItem::Time),
    ]
}

fn keyword(fields: Vec<KeywordField>, names: BoxedStrategy<String>) -> impl Strategy<Value = Predicate> {
    select(fields).prop_flat_map(move |field| {
        let known = field.values();
        let names = if known.is_empty() {
            pattern(names.clone()).boxed()
        } else {
            select(known).prop_map(Pattern::whole).boxed()
        };
        one_of(names).prop_map(move |test| Predicate::Keyword { field, test })
    })
}

/// Tests of annotations: what `count(…)` takes.
fn annotation_test(names: &BoxedStrategy<String>) -> BoxedStrategy<Predicate> {
    use KeywordField::{Class, Decision, Kind, Layer, Model, Origin};
    let numbers = vec![NumberField::Confidence, NumberField::BoxWidth, NumberField::BoxHeight];
    prop_oneof![
        4 => keyword(vec![Class, Class, Decision, Origin, Model, Kind, Layer], names.clone()),
        3 => (select(numbers), number_test()).prop_map(|(field, test)| Predicate::Number { field, test }),
        1 => vec(words(typed_words()), 1..3).prop_map(|any| Predicate::Text { field: TextField::Caption, any }),
        1 => vec(id_prefix(), 1..3).prop_map(|any| Predicate::Id { field: IdField::Annotation, any }),
        1 => (select(&SIGNALS[..]), one_of(value_item(names.clone()))).prop_map(|(name, test)| Predicate::Value {
            field: ValueField::Annotation,
            name: name.to_owned(),
            test
        }),
    ]
    .boxed()
}

fn capture_test(names: &BoxedStrategy<String>, texts: BoxedStrategy<String>) -> BoxedStrategy<Predicate> {
    use KeywordField::{Device, Has, Run, Site, Stream, Submission, Tag, Trigger};
    let times = vec![TimeField::Captured, TimeField::Received];
    let plain_count = |test: &Predicate| {
        !matches!(test, Predicate::Keyword { field: KeywordField::Class, test }
        if *test == OneOf::any(vec![Pattern::beginning("")]))
    };
    prop_oneof![
        4 => keyword(vec![Site, Device, Trigger, Stream, Tag, Submission, Run, Has], names.clone()),
        2 => words(texts.clone()).prop_map(Predicate::Words),
        1 => (select(vec![NumberField::Width, NumberField::Height, NumberField::Duration, NumberField::Latitude]), number_test())
            .prop_map(|(field, test)| Predicate::Number { field, test }),
        2 => (select(times), one_of(span(moment(), moment_pair)))
            .prop_map(|(field, test)| Predicate::Time { field, test }),
        1 => (select(vec![TextField::Path, TextField::Note]), vec(words(texts), 1..3))
            .prop_map(|(field, any)| Predicate::Text { field, any }),
        1 => vec(id_prefix(), 1..3).prop_map(|any| Predicate::Id { field: IdField::Capture, any }),
        2 => (select(vec![ValueField::Signal, ValueField::Field]), select(&SIGNALS[..]), one_of(value_item(names.clone())))
            .prop_map(|(field, name, test)| Predicate::Value { field, name: name.to_owned(), test }),
        1 => (vec(annotation_test(names), 0..3), one_of(span(select(vec![0.0, 1.0, 2.0]), number_pair)))
            .prop_filter_map("counts everything, which is written without a test", move |(of, test)| {
                (of.len() != 1 || of.iter().all(plain_count)).then_some(Predicate::Count { of, test })
            }),
    ]
    .boxed()
}

/// Expressions over given names and texts to search for.
pub fn expr(names: &BoxedStrategy<String>, texts: BoxedStrategy<String>) -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![3 => annotation_test(names), 2 => capture_test(names, texts)].prop_map(Expr::Is);
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Expr::and),
            vec(inner.clone(), 2..4).prop_map(Expr::or),
            inner.clone().prop_map(Expr::negate),
            inner.prop_map(Expr::group),
        ]
    })
    .boxed()
}

/// Queries that meet the rows.
pub fn query() -> impl Strategy<Value = Query> {
    expr(&name().boxed(), typed_words().boxed()).prop_map(Query::of)
}
