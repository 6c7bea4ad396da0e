//! Tags, user fields, settings, slices, picks, services.

use muster_domain::{
    field::{FieldType, FieldValue, UserField},
    id::{PersonId, ServiceId},
};
use muster_store::{
    Noun, StoreError,
    selection::{NewPick, Slice},
    service::ServiceDraft,
};
use serde_json::json;
use uuid::Uuid;

use crate::common::{Bench, capture_id, create};

#[tokio::test]
async fn tagging_is_an_act_and_takes_back_only_what_it_did() {
    let bench = Bench::new(3).await;
    let library = &bench.library;
    library.apply(bench.tag("night", &[capture_id(1)], &[])).await.unwrap();
    library.apply(bench.tag("night", &bench.captures, &[])).await.unwrap();
    assert_eq!(library.tags().await.unwrap(), [("night".to_owned(), 3)]);
    library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(library.tags().await.unwrap(), [("night".to_owned(), 1)], "capture 1 had it before");
    let unknown = library.apply(bench.tag("night", &[capture_id(99)], &[])).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown { noun: Noun::Capture, .. }), "{unknown:?}");
}

#[tokio::test]
async fn user_fields_are_typed() {
    let mut bench = Bench::new(2).await;
    let field = |name: &str, field_type, on_annotation| UserField { name: name.into(), field_type, on_annotation };
    let fields = [
        field("checked", FieldType::Boolean, false),
        field("day", FieldType::Date, false),
        field("note", FieldType::Text, false),
        field("score", FieldType::Number, false),
        field("score", FieldType::Text, true),
    ];
    for field in &fields {
        bench.library.define_field(field).await.unwrap();
        bench.library.define_field(field).await.unwrap();
    }
    let other = bench.library.define_field(&field("note", FieldType::Number, false)).await.unwrap_err();
    assert!(matches!(other, StoreError::FieldExists { .. }), "{other:?}");
    assert_eq!(bench.library.user_fields().await.unwrap(), fields);
    let text = |text: &str| FieldValue::Text(text.into());
    let values = [
        ("checked", FieldValue::Boolean(false), text("no")),
        ("day", text("2026-11-20"), text("20.11.2026")),
        ("note", text("2026"), FieldValue::Number(2026.0)),
        ("score", FieldValue::Number(0.1 + 0.2), text("high")),
    ];
    for (name, right, wrong) in &values {
        bench.library.set_capture_field(name, &[(capture_id(1), Some(right.clone()))]).await.unwrap();
        let error = bench.library.set_capture_field(name, &[(capture_id(1), Some(wrong.clone()))]).await.unwrap_err();
        assert!(matches!(error, StoreError::FieldType { .. }), "{error:?}");
    }
    bench.reopen().await;
    let stored = bench.library.capture_fields(capture_id(1)).await.unwrap();
    let expected = values.iter().map(|(name, right, _)| ((*name).to_owned(), right.clone())).collect();
    assert_eq!(stored, expected);
    bench.library.set_capture_field("day", &[(capture_id(1), None), (capture_id(2), None)]).await.unwrap();
    assert_eq!(bench.library.capture_fields(capture_id(1)).await.unwrap().len(), 3);

    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let id = bench.drawn(1, 0, 1.0).annotation_id;
    bench.library.set_annotation_field("score", &[(id, Some(text("A")))]).await.unwrap();
    assert_eq!(bench.library.annotation_fields(id).await.unwrap()["score"], text("A"));
    let unknown = bench.library.set_annotation_field("day", &[(id, None)]).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown { noun: Noun::UserField, .. }), "{unknown:?}");
}

#[tokio::test]
async fn settings_belong_to_a_person() {
    let mut bench = Bench::new(0).await;
    let value = json!({ "next": "F", "scale": 1.25 });
    bench.library.set_setting(bench.person, "keys", &value).await.unwrap();
    bench.library.set_setting(bench.person, "theme", &json!("dark")).await.unwrap();
    bench.library.set_setting(bench.person, "theme", &json!("light")).await.unwrap();
    bench.reopen().await;
    assert_eq!(bench.library.setting(bench.person, "keys").await.unwrap(), Some(value));
    assert_eq!(bench.library.settings(bench.person).await.unwrap()["theme"], json!("light"));
    bench.library.set_setting(bench.person, "theme", &serde_json::Value::Null).await.unwrap();
    assert_eq!(bench.library.setting(bench.person, "theme").await.unwrap(), None);
    let nobody = bench.library.set_setting(PersonId(Uuid::nil()), "theme", &json!(1)).await.unwrap_err();
    assert!(matches!(nobody, StoreError::Unknown { noun: Noun::Person, .. }), "{nobody:?}");
}

#[tokio::test]
async fn slices_live_and_picks_are_frozen() {
    let bench = Bench::new(3).await;
    let mut slice = Slice {
        slice_id: Uuid::from_u128(1),
        name: "night people".into(),
        query: "class:person tag:night".into(),
        person_id: bench.person,
        saved_at: bench.library.now(),
    };
    bench.library.save_slice(bench.project, &slice).await.unwrap();
    slice.query = "class:person".into();
    bench.library.save_slice(bench.project, &slice).await.unwrap();
    assert_eq!(bench.library.slices(bench.project).await.unwrap(), [slice.clone()]);
    let other = Slice { slice_id: Uuid::from_u128(9), name: "cars".into(), ..slice.clone() };
    bench.library.save_slice(bench.project, &other).await.unwrap();
    let taken = bench.library.rename_slice(other.slice_id, "night people").await.unwrap_err();
    assert!(matches!(taken, StoreError::NameTaken { noun: Noun::Slice, .. }), "{taken:?}");
    bench.library.rename_slice(other.slice_id, "cars").await.unwrap();
    bench.library.rename_slice(other.slice_id, "trucks").await.unwrap();
    assert_eq!(bench.library.slices(bench.project).await.unwrap()[1].name, "trucks");
    assert!(bench.library.rename_slice(Uuid::nil(), "x").await.is_err());
    bench.library.remove_slice(other.slice_id).await.unwrap();
    bench.library.remove_slice(slice.slice_id).await.unwrap();
    assert!(bench.library.remove_slice(slice.slice_id).await.is_err());

    let pick = NewPick {
        pick_id: Uuid::from_u128(2),
        name: "first round".into(),
        query: "sample:2 seed:7".into(),
        seed: Some(u64::MAX),
        person_id: bench.person,
    };
    let order = [capture_id(3), capture_id(1)];
    let mut rows = Vec::new();
    for id in order {
        rows.push(bench.library.known(&[id]).await.unwrap()[0].1.unwrap());
    }
    bench.library.add_pick(bench.project, &pick, &[rows[0], 4_000_000, rows[1]]).await.unwrap();
    assert_eq!(bench.library.pick_rows(pick.pick_id).await.unwrap(), rows);
    let taken = NewPick { pick_id: Uuid::from_u128(3), ..pick.clone() };
    let taken = bench.library.add_pick(bench.project, &taken, &rows).await.unwrap_err();
    assert!(matches!(taken, StoreError::NameTaken { noun: Noun::Pick, .. }), "{taken:?}");
    bench.library.erase(&[capture_id(1)], "test").await.unwrap();
    assert_eq!(bench.library.pick_rows(pick.pick_id).await.unwrap(), rows[..1]);
    let picks = bench.library.picks(bench.project).await.unwrap();
    assert_eq!((picks[0].captures, picks[0].seed), (2, Some(u64::MAX)));
    assert_eq!(bench.library.pick_captures(pick.pick_id).await.unwrap(), order);
    assert!(bench.library.pick_captures(Uuid::nil()).await.is_err());
    assert!(bench.library.pick_rows(Uuid::nil()).await.is_err());
    bench.library.remove_pick(pick.pick_id).await.unwrap();
    assert!(bench.library.picks(bench.project).await.unwrap().is_empty());
    assert!(bench.library.remove_pick(pick.pick_id).await.is_err());
}

#[tokio::test]
async fn a_service_is_known_by_its_address_and_comes_back_where_it_was() {
    let bench = Bench::new(0).await;
    bench.library.set_cursor(bench.service, Some("7:0:12")).await.unwrap();
    bench.library.remove_service(bench.service).await.unwrap();
    assert!(bench.library.services().await.unwrap().is_empty());
    assert!(bench.library.remove_service(bench.service).await.is_err());
    let again = ServiceDraft {
        service_id: ServiceId(Uuid::from_u128(99)),
        url: "http://127.0.0.1:1".into(),
        name: "renamed".into(),
        token_file: Some("/run/token".into()),
    };
    let service = bench.library.add_service(&again).await.unwrap();
    assert_eq!(service.service_id, bench.service, "the first id stays");
    assert_eq!((service.cursor.as_deref(), service.name.as_str()), (Some("7:0:12"), "renamed"));
    bench.library.set_cursor(bench.service, None).await.unwrap();
    assert_eq!(bench.library.services().await.unwrap()[0].cursor, None);
}
