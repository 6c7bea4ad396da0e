//! Counts and histograms over a result.

use muster_domain::{
    query::{KeywordField, NumberField, TimeField},
    schema::LabelSchema,
};
use muster_index::{FacetField, HistogramField as IndexField, Scale};

use super::{Facet, FacetValue, Histogram, HistogramField, HistogramKind};
use crate::{
    app::App,
    error::{AppError, AppResult},
    session::app::Urgency,
};

/// Bins of the histogram of confidences.
const BINS: usize = 20;
/// The most bins that one may ask for.
const MOST_BINS: u32 = 1_000;
const FACET_VALUES: usize = 200;
/// What the panel of facets shows, in order.
const FACETS: [(KeywordField, &str); 11] = [
    (KeywordField::Class, "Class"),
    (KeywordField::Decision, "Decision"),
    (KeywordField::Site, "Site"),
    (KeywordField::Device, "Device"),
    (KeywordField::Trigger, "Trigger"),
    (KeywordField::Submission, "Submission"),
    (KeywordField::Origin, "Origin"),
    (KeywordField::Model, "Model"),
    (KeywordField::Tag, "Tag"),
    (KeywordField::Stream, "Stream"),
    (KeywordField::Has, "Has"),
];

/// Counts over a result.
pub async fn facets(app: &App, search_id: u32) -> AppResult<Vec<Facet>> {
    let opened = app.opened().await?;
    let (_, view, hits) = opened.seen(search_id).await?;
    let schema = opened.library.schema(opened.identity()?.project_id).await?;
    let fields = FACETS.map(|(field, _)| FacetField::Keyword(field));
    let counted = app.blocking(Urgency::Interactive, move || Ok(view.facets(&hits, &fields)?)).await?;
    Ok(counted.into_iter().map(|facet| facet_dto(facet, &schema)).collect())
}

/// The values of any field that holds names or texts, those that hold what is typed, most frequent first.
pub async fn facet_values(app: &App, search_id: u32, field: String, prefix: String, limit: u32) -> AppResult<Facet> {
    let opened = app.opened().await?;
    let known = FacetField::from_name(&field).ok_or_else(|| {
        AppError::invalid(format!("{field:?} is not a field of names"))
            .with_remedy("use one such as class, site, tag, signal.NAME or field.NAME")
    })?;
    let (_, view, hits) = opened.seen(search_id).await?;
    let schema = opened.library.schema(opened.identity()?.project_id).await?;
    let limit = (limit as usize).clamp(1, 10_000);
    let found =
        app.blocking(Urgency::Interactive, move || Ok(view.facet_values(&hits, &known, &prefix, limit)?)).await?;
    Ok(facet_dto(found, &schema))
}

fn facet_dto(facet: muster_index::Facet, schema: &LabelSchema) -> Facet {
    let of_classes = facet.field == FacetField::Keyword(KeywordField::Class);
    let class_id = |value: &str| {
        let class = of_classes.then(|| schema.class_named(value)).flatten()?;
        Some(class.class_id.to_string())
    };
    let value = |(value, count): (String, u64)| FacetValue { class_id: class_id(&value), value, count: count as u32 };
    let (field, title) = match &facet.field {
        FacetField::Keyword(field) => {
            let title = FACETS.iter().find(|(known, _)| known == field).map_or(field.name(), |(_, title)| *title);
            (field.name().to_owned(), title.to_owned())
        }
        FacetField::Value(owner, name) => (format!("{}.{name}", owner.name()), name.clone()),
    };
    Facet { field, title, values: facet.values.into_iter().take(FACET_VALUES).map(value).collect() }
}

/// 20 bins over the lowest undecided confidence of each capture.
pub async fn confidence_histogram(app: &App, search_id: u32) -> AppResult<Vec<u32>> {
    let (_, view, hits) = app.opened().await?.seen(search_id).await?;
    app.blocking(Urgency::Interactive, move || {
        Ok(view.histogram_between(&hits, &IndexField::Risk, (0.0, 1.0), BINS)?.bins)
    })
    .await
}

/// The fields of which the library has values that can be drawn as a histogram.
pub async fn histogram_fields(app: &App, search_id: u32) -> AppResult<Vec<HistogramField>> {
    let (_, view, _) = app.opened().await?.seen(search_id).await?;
    app.blocking(Urgency::Interactive, move || {
        let fields = view.histogram_fields()?.into_iter();
        Ok(fields.map(|(field, scale)| field_dto(&field, scale)).collect())
    })
    .await
}

/// How the values of a field are spread over a result.
pub async fn histogram(app: &App, search_id: u32, field: String, bins: u32) -> AppResult<Histogram> {
    let (search, view, hits) = app.opened().await?.seen(search_id).await?;
    let known = IndexField::from_name(&field).ok_or_else(|| {
        AppError::invalid(format!("{field:?} holds neither numbers nor times"))
            .with_remedy("use one such as conf, captured, width, signal.NAME or field.NAME")
    })?;
    let total = search.hits.row_keys.len() as u32;
    app.blocking(Urgency::Interactive, move || {
        let found = view.histogram(&hits, &known, bins.clamp(1, MOST_BINS) as usize)?;
        Ok(match found {
            None => Histogram {
                field,
                kind: HistogramKind::Number,
                least: 0.0,
                greatest: 0.0,
                bins: Vec::new(),
                missing: total,
            },
            Some(found) => Histogram {
                field,
                kind: kind(found.scale),
                least: found.least,
                greatest: found.greatest,
                bins: found.bins,
                missing: found.missing,
            },
        })
    })
    .await
}

fn kind(scale: Scale) -> HistogramKind {
    match scale {
        Scale::Number => HistogramKind::Number,
        Scale::Time => HistogramKind::Time,
    }
}

fn field_dto(field: &IndexField, scale: Scale) -> HistogramField {
    let (name, title) = match field {
        IndexField::Time(TimeField::Captured) => ("captured".to_owned(), "Captured".to_owned()),
        IndexField::Time(TimeField::Received) => ("received".to_owned(), "Received".to_owned()),
        IndexField::Number(number) => (number.name().to_owned(), number_title(*number).to_owned()),
        IndexField::Value(owner, name) => (format!("{}.{name}", owner.name()), name.clone()),
        IndexField::Risk => ("risk".to_owned(), "Lowest undecided confidence".to_owned()),
    };
    HistogramField { name, title, kind: kind(scale) }
}

fn number_title(field: NumberField) -> &'static str {
    match field {
        NumberField::Width => "Picture width, px",
        NumberField::Height => "Picture height, px",
        NumberField::Confidence => "Confidence",
        NumberField::BoxWidth => "Annotation width, px",
        NumberField::BoxHeight => "Annotation height, px",
        NumberField::Duration => "Duration, s",
        NumberField::Latitude => "Latitude, °",
        NumberField::Longitude => "Longitude, °",
    }
}
