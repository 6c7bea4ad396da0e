"""LightlyStudio on the same set and queries: `build SET DATABASE`, then, in a fresh process, `ask QUERIES DATABASE`.

The calls are those that its own grid makes (`image_resolver.get_all_by_collection_id`,
`count_image_annotations_by_collection`), with its query expressions. Paths are made up: no file is opened.
"""

import logging
import os
import sys
import time
from importlib.metadata import version

os.environ["LIGHTLY_STUDIO_ANALYTICS_ENABLED"] = "false"

started = time.perf_counter()
from lightly_studio.api.routes.api.validators import Paginated
from lightly_studio.core.image.image_dataset import ImageDataset
from lightly_studio.core.dataset_query import query_translation
from lightly_studio.core.dataset_query.order_by import OrderByMetadataField
from lightly_studio.database import db_manager
from lightly_studio.models.annotation.annotation_base import AnnotationCreate, AnnotationType
from lightly_studio.models.annotation_label import AnnotationLabelCreate
from lightly_studio.models.image import ImageCreate
from lightly_studio.models import query_expr
from lightly_studio.resolvers import annotation_label_resolver, annotation_resolver, image_resolver
from lightly_studio.resolvers.image_filter import ImageFilter
from lightly_studio.resolvers.image_resolver.annotation_count_types import AnnotationCountMode
from lightly_studio.resolvers.metadata_resolver.sample.bulk_update_metadata import bulk_update_metadata
from lightly_studio.resolvers.sample_resolver.sample_filter import SampleFilter

import measured

logging.disable(logging.INFO)
NAME = "set"
VERSION = version("lightly-studio")


def build(path, database):
    db_manager.connect(cleanup_existing=True, db_file=database)
    cpu, start = measured.cpu_s(), time.perf_counter()
    dataset = ImageDataset.create(NAME)
    session, collection = dataset.session, dataset.collection_id
    labels, count = {}, 0

    def label(name):
        if name not in labels:
            made = annotation_label_resolver.create(
                session, AnnotationLabelCreate(dataset_id=dataset.dataset_id, annotation_label_name=name)
            )
            labels[name] = made.annotation_label_id
        return labels[name]

    for batch in measured.batches(measured.captures(path), 1_000):
        images = [
            ImageCreate(
                file_name=capture["path"].rsplit("/", 1)[-1],
                file_path_abs=f"/set/{capture['path']}",
                width=capture["width_px"],
                height=capture["height_px"],
            )
            for capture in batch
        ]
        ids = image_resolver.create_many(session, collection, images)
        fields = ["captured", "site", "device", "trigger", "motion", "weight_kg"]
        bulk_update_metadata(session, [(id, {field: capture[field] for field in fields}) for id, capture in zip(ids, batch)])
        annotations = []
        for id, capture in zip(ids, batch):
            for shape in capture["boxes"]:
                x, y, w, h = (round(value) for value in shape["box"])
                annotations.append(
                    AnnotationCreate(
                        parent_sample_id=id,
                        annotation_label_id=label(shape["class"]),
                        annotation_type=AnnotationType.OBJECT_DETECTION,
                        confidence=shape["conf"],
                        x=x,
                        y=y,
                        width=w,
                        height=h,
                    )
                )
        annotation_resolver.create_many(session, collection, annotations)
        count += len(batch)
        if count % 10_000 == 0:
            print(f"{count}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - start
    print(f"lightly-studio {VERSION}: built {count} in {seconds:.1f} s, {count / seconds:.0f}/s, {measured.cpu_s() - cpu:.1f} CPU seconds")


def expression(query):
    capture, parts = query.get("capture", {}), []
    for field in ["site", "device", "trigger"]:
        if field in capture:
            parts.append(metadata(field, "==", capture[field]))
    if "captured" in capture:
        least, most = capture["captured"]
        parts += [metadata("captured", ">=", least), metadata("captured", "<", most)]
    for field in ["motion", "weight_kg"]:
        if field in capture:
            least, most = capture[field]
            parts += [metadata(field, ">=", least), metadata(field, "<=", most)]
    parts += [binding(wanted) for wanted in query.get("annotations", [])]
    parts += [query_expr.NotExpr(type="not", child=binding(unwanted)) for unwanted in query.get("without", [])]
    if not parts:
        return None
    whole = parts[0] if len(parts) == 1 else query_expr.AndExpr(type="and", children=parts)
    return query_expr.QueryExpr(match_expr=whole)


def metadata(path, operator, value):
    return query_expr.MetadataComparisonExpr(type="metadata_comparison_expr", path=path, operator=operator, value=value)


def binding(wanted):
    """All of it holds for one and the same box."""
    if "text" in wanted:
        raise NotImplementedError("a box has no text here")
    tests = []
    if "class" in wanted:
        field = query_expr.FieldRef(table="object_detection", name="class_name")
        tests.append(query_expr.StringExpr(type="string_expr", field=field, operator="==", value=wanted["class"]))
    if "conf" in wanted:
        field = query_expr.FieldRef(table="object_detection", name="confidence")
        for operator, value in zip([">=", "<="], wanted["conf"]):
            tests.append(query_expr.OrdinalFloatExpr(type="ordinal_float_expr", field=field, operator=operator, value=value))
    whole = tests[0] if len(tests) == 1 else query_expr.AndExpr(type="and", children=tests)
    return query_expr.ObjectDetectionMatchExpr(type="object_detection_match_expr", subexpr=whole)


def ask(path, database):
    db_manager.connect(must_exist=True, db_file=database)
    dataset = ImageDataset.load(NAME)
    session, collection = dataset.session, dataset.collection_id
    opened = time.perf_counter() - started

    def filters(query):
        found = expression(query)
        if found is not None:
            query_translation.to_match_expression(found.match_expr)
        return ImageFilter(sample_filter=SampleFilter(collection_id=collection, query_expr=found))

    def search(query, offset):
        session.expunge_all()
        found = image_resolver.get_all_by_collection_id(
            session,
            collection,
            pagination=Paginated(offset=offset, limit=measured.PAGE),
            filters=filters(query),
            order_by=[OrderByMetadataField(field_name="captured").desc()],
        )
        assert len(found.samples) == min(measured.PAGE, found.total_count - offset)
        return found.total_count

    def classes(query):
        return image_resolver.count_image_annotations_by_collection(
            session, collection, filters(query), count_mode=AnnotationCountMode.SAMPLES
        )

    measured.ask("LightlyStudio", VERSION, opened, measured.queries(path), search, classes)


{"build": build, "ask": ask}[sys.argv[1]](*sys.argv[2:])
