"""How is a board said in Grafana's JSON?

The only module that knows the SDK. It writes the classic form (schema 42), which Grafana 10 to 13
load; when the SDK drops it, this module changes and no board does.
"""

import json
import warnings
from collections.abc import Mapping
from typing import Any, Final

from services.observability.grafana.panels import (
    BLUE,
    INK,
    STATE,
    Board,
    Mark,
    Panel,
    Query,
    Step,
    Title,
    Variable,
)

with warnings.catch_warnings():
    # The classic form is deprecated in the SDK, and the only one that Grafana 10 to 12 load.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import common as common_builders
    from grafana_foundation_sdk.builders import (
        dashboard,
        prometheus,
        stat,
        statetimeline,
        table,
        timeseries,
    )
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models import common
    from grafana_foundation_sdk.models import dashboard as models
    from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE: Final = common.DataSourceRef(type_val="prometheus", uid="${source}")
TAG: Final = "surgeline"
# From this height on the values of a tile stand one above the other.
TALL: Final = 5


def as_json(board: Board) -> str:
    """The file that Grafana is given."""
    return json.dumps(_build(board), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


def read_again(text: str) -> str:
    """The same board after the SDK's own models have read and written it.

    What the models do not know is lost on the way: a misspelt key shows as a difference.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        register_default_plugins()
    read = models.Dashboard.from_json(json.loads(text))
    return json.dumps(read, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


def _build(board: Board) -> models.Dashboard:
    built = (
        dashboard.Dashboard(str(board.title))
        .uid(board.uid)
        .description(board.about)
        .tags([TAG])
        .readonly()
        .refresh(board.refresh)
        .time(board.since, "now")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(
            dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus")
        )
    )
    for variable in board.variables:
        built = built.with_variable(_variable(variable))
    for mark in board.marks:
        built = built.annotation(_mark(mark))
    for number, panel in enumerate(board.panels, 1):
        built = built.with_panel(_panel(panel).id(number))
    return built.build()


def _variable(variable: Variable) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(variable.name)
        .label(str(variable.label))
        .datasource(SOURCE)
        .query(variable.query)
        .regex(variable.regex)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(variable.every)
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )


def _mark(mark: Mark) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(str(mark.title))
        .datasource(SOURCE)
        .enable(True)
        .hide(False)
        .icon_color(mark.colour)
        .expr(mark.expr)
        .step("15s")
        .title_format(str(mark.title))
        .text_format("{{key}}")
    )


def _panel(panel: Panel) -> Any:
    built: Any = _SHAPES[panel.kind](panel)
    x, y, width, height = panel.place
    built = (
        built.title(str(panel.title))
        .description(panel.about)
        .datasource(SOURCE)
        .grid_pos(models.GridPos(x=x, y=y, w=width, h=height))
        .unit(panel.unit)
        .no_value(str(panel.none))
    )
    if panel.decimals is not None:
        built = built.decimals(panel.decimals)
    if panel.most is not None:
        built = built.max(panel.most)
    if panel.kind in {"lines", "timeline"}:
        for value, word in panel.words.items():
            built = built.with_transformation(_called(value, str(word)))
    for index, query in enumerate(panel.asked()):
        built = built.with_target(_query(panel, query, chr(ord("A") + index)))
    return built


def _query(panel: Panel, query: Query, name: str) -> prometheus.Dataquery:
    asked = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(name)
    if panel.kind == "table":
        return asked.instant().format(PromQueryFormat.TABLE)
    return asked.instant() if panel.kind in {"tile", "word"} else asked.range()


def _tile(panel: Panel) -> stat.Panel:
    """The number large and calm; its word beside it, in the colour of its step.

    Only letters have that colour: were their ground to have it, half the wall would be orange.
    """
    tall = panel.place[3] >= TALL
    stands = common.VizOrientation.HORIZONTAL if tall else common.VizOrientation.VERTICAL
    built = (
        _stat()
        .color_mode(common.BigValueColorMode.VALUE)
        .orientation(stands)
        .text(_sizes(len(panel.asked()), tall=tall))
        .thresholds(_thresholds(()))
        .color_scheme(_by_steps())
    )
    if panel.steps:
        by_step = tuple(Step(i or None, s.colour, s.word) for i, s in enumerate(panel.steps))
        built = built.override_by_name(
            STATE,
            [
                _property("unit", "none"),
                _property("thresholds", _thresholds(by_step).build()),
                _property("mappings", [_mapping(by_step)]),
            ],
        )
    return built


def _sizes(values: int, *, tall: bool) -> common_builders.VizTextDisplayOptions:
    """Letters that fit, however many values share a tile; Grafana's own choice may cut them."""
    number = {1: 56, 2: 40}.get(values, 24) if tall else {1: 40, 2: 30}.get(values, 24)
    return common_builders.VizTextDisplayOptions().title_size(14).value_size(number)


def _word(panel: Panel) -> stat.Panel:
    built = _stat().thresholds(_thresholds(panel.steps)).color_scheme(_by_steps())
    if panel.place[3] < TALL:
        built = built.color_mode(common.BigValueColorMode.VALUE)
    return built.mappings([_mapping(panel.steps)])


def _stat() -> stat.Panel:
    return (
        stat.Panel()
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )


def _lines(panel: Panel) -> timeseries.Panel:
    built = (
        timeseries.Panel()
        .line_width(2)
        .fill_opacity(0)
        .show_points(common.VisibilityMode.NEVER)
        # One hue, so that every kind of colour vision tells the series apart as well as any other.
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.SHADES).fixed_color(BLUE))
        .legend(
            common_builders.VizLegendOptions()
            .show_legend(True)
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
        )
        .min(0)
    )
    for query in panel.queries:
        properties = []
        if query.colour:
            properties.append(_property("color", {"mode": "fixed", "fixedColor": query.colour}))
        if query.dashed:
            properties.append(_property("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}))
        if panel.band and query.legend == panel.band[1]:
            properties.append(_property("custom.fillBelowTo", panel.band[0]))
            properties.append(_property("custom.fillOpacity", 18))
        if properties:
            built = built.override_by_name(query.legend, properties)
    return built


def _timeline(panel: Panel) -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .show_value(common.VisibilityMode.AUTO)
        .merge_values(True)
        .row_height(0.9)
        .line_width(0)
        .fill_opacity(90)
        .thresholds(_thresholds(panel.steps))
        .color_scheme(_by_steps())
        .mappings([_mapping(panel.steps)])
    )


def _table(panel: Panel) -> table.Panel:
    built = (
        table.Panel()
        .show_header(True)
        .with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    )
    label, heading = panel.column or ("key", Title("대상", "Key"))
    names = {f"Value #{chr(ord('A') + i)}": query.legend for i, query in enumerate(panel.queries)}
    if len(panel.queries) == 1:
        names = {"Value": panel.queries[0].legend}
    built = built.with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "renameByName": {**names, label: str(heading)},
            },
        )
    )
    if panel.words:
        built = built.override_by_name(str(heading), [_property("mappings", [_said(panel.words)])])
    if panel.judged:
        built = built.override_by_name(
            panel.judged,
            [
                _property("mappings", [_mapping(panel.steps)]),
                _property("thresholds", _thresholds(panel.steps).build()),
                _property("color", {"mode": "thresholds"}),
                _property("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
            ],
        )
    return built


def _by_steps() -> dashboard.FieldColor:
    return dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS)


def _thresholds(steps: tuple[Step, ...]) -> dashboard.ThresholdsConfig:
    found = [models.Threshold(value=step.since, color=step.colour) for step in steps]
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps(found or [models.Threshold(value=None, color=INK)])
    )


def _mapping(steps: tuple[Step, ...]) -> models.ValueMap:
    options = {
        f"{step.since or 0:g}": models.ValueMappingResult(
            text=str(step.word), color=step.colour, index=index
        )
        for index, step in enumerate(steps)
    }
    return models.ValueMap(options=options)


def _said(words: Mapping[str, Title]) -> models.ValueMap:
    options = {
        value: models.ValueMappingResult(text=str(word), index=index)
        for index, (value, word) in enumerate(words.items())
    }
    return models.ValueMap(options=options)


def _called(value: str, word: str) -> models.DataTransformerConfig:
    """A series' name with this value in it, in words; slashes make it a search within the name.

    A colon before it belongs to a key, which has a word of its own.
    """
    options = {"regex": rf"/(?<![\w:]){value}(?![\w:])/", "renamePattern": word}
    return models.DataTransformerConfig(id_val="renameByRegex", options=options)


def _property(name: str, value: Any) -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val=name, value=value)


_SHAPES: Final = {
    "tile": _tile,
    "word": _word,
    "lines": _lines,
    "timeline": _timeline,
    "table": _table,
}
