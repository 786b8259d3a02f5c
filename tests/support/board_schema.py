"""Which keys may our boards have, and of what type? Strict: what is not listed is a mistake.

Written from Grafana's documentation of the classic dashboard JSON, for the parts that we use.
"""

from typing import Any

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}
YES_NO = {"type": "boolean"}


def _object(*needed: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(needed),
        "properties": properties,
    }


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


SOURCE = _object("type", "uid", type={"const": "prometheus"}, uid=TEXT)
STEP = _object("color", color=TEXT, value={"type": ["number", "null"]})
THRESHOLDS = _object("mode", "steps", mode={"const": "absolute"}, steps=_list(STEP))
WORD = _object("text", text=TEXT, color=TEXT, index=WHOLE)
MAPPING = _object(
    "type",
    "options",
    type={"const": "value"},
    options={"type": "object", "additionalProperties": WORD},
)
COLOUR = _object("mode", mode={"enum": ["thresholds", "fixed", "shades"]}, fixedColor=TEXT)
DEFAULTS = _object(
    "unit",
    "noValue",
    unit=TEXT,
    decimals=NUMBER,
    min=NUMBER,
    max=NUMBER,
    noValue=TEXT,
    thresholds=THRESHOLDS,
    mappings=_list(MAPPING),
    color=COLOUR,
    custom={"type": "object"},
)
OVERRIDE = _object(
    "matcher",
    "properties",
    matcher=_object("id", "options", id={"const": "byName"}, options=TEXT),
    properties=_list(_object("id", "value", id=TEXT, value={})),
)
TARGET = _object(
    "expr",
    "refId",
    expr=TEXT,
    legendFormat=TEXT,
    refId={"type": "string", "pattern": "^[A-Z]$"},
    instant=YES_NO,
    range=YES_NO,
    format={"const": "table"},
)
PLACE = _object(
    "h",
    "w",
    "x",
    "y",
    h={"type": "integer", "minimum": 1},
    w={"type": "integer", "minimum": 1, "maximum": 24},
    x={"type": "integer", "minimum": 0, "maximum": 23},
    y={"type": "integer", "minimum": 0},
)
PANEL = _object(
    "type",
    "id",
    "title",
    "description",
    "datasource",
    "gridPos",
    "targets",
    "fieldConfig",
    type={"enum": ["stat", "timeseries", "state-timeline", "table"]},
    id=WHOLE,
    title=TEXT,
    description=TEXT,
    transparent=YES_NO,
    datasource=SOURCE,
    gridPos=PLACE,
    repeatDirection=TEXT,
    targets={**_list(TARGET), "minItems": 1},
    options={"type": "object"},
    transformations=_list(
        _object(
            "id",
            "options",
            id={"enum": ["merge", "organize", "renameByRegex"]},
            options={"type": "object"},
        )
    ),
    fieldConfig=_object("defaults", "overrides", defaults=DEFAULTS, overrides=_list(OVERRIDE)),
)
MARK = _object(
    "name",
    "datasource",
    "enable",
    "iconColor",
    "expr",
    name=TEXT,
    datasource=SOURCE,
    enable=YES_NO,
    hide=YES_NO,
    iconColor=TEXT,
    builtIn=NUMBER,
    placement=TEXT,
    expr=TEXT,
    step=TEXT,
    titleFormat=TEXT,
    textFormat=TEXT,
)
VARIABLE = _object(
    "type",
    "name",
    "query",
    type={"enum": ["datasource", "query"]},
    name=TEXT,
    label=TEXT,
    query=TEXT,
    datasource=SOURCE,
    current=_object(
        "text", "value", selected=YES_NO, text={"type": "string"}, value={"type": "string"}
    ),
    skipUrlSync=YES_NO,
    multi=YES_NO,
    allowCustomValue=YES_NO,
    includeAll=YES_NO,
    allValue=TEXT,
    regex=TEXT,
    refresh={"enum": [0, 1, 2]},
    sort={"type": "integer", "minimum": 0, "maximum": 8},
    auto=YES_NO,
    auto_min=TEXT,
    auto_count=WHOLE,
)
BOARD = _object(
    "schemaVersion",
    "uid",
    "title",
    "panels",
    "templating",
    "annotations",
    schemaVersion={"const": 42},
    uid={"type": "string", "pattern": "^[a-z-]{8,40}$"},
    title=TEXT,
    description=TEXT,
    tags=_list(TEXT),
    timezone={"const": "browser"},
    editable=YES_NO,
    graphTooltip={"enum": [0, 1, 2]},
    time=_object("from", "to", **{"from": TEXT, "to": TEXT}),
    fiscalYearStartMonth=WHOLE,
    refresh={"type": "string", "pattern": "^[0-9]+s$"},
    panels=_list(PANEL),
    templating=_object("list", list=_list(VARIABLE)),
    annotations=_object("list", list=_list(MARK)),
)
