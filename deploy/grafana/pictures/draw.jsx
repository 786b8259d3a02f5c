// How does a board look in Grafana's own components? One page, from its JSON and Prometheus' answers.
import {
  createTheme, FieldType, getDisplayProcessor, getFieldDisplayName, toDataFrame, dateTime,
} from '@grafana/data';
import {
  BigValue, GlobalStyles, PanelChrome, ThemeContext,
  TimeSeries,
} from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';

const { board, answers, start, end } = window.SURGELINE;
const theme = createTheme({ colors: { mode: 'dark' } });
const UNIT = 38, GAP = 8, WIDTH = 1920;
const range = { from: dateTime(start * 1000), to: dateTime(end * 1000) };
range.raw = { from: range.from, to: range.to };

function merged(panel, name) {
  const { defaults, overrides } = panel.fieldConfig;
  const config = JSON.parse(JSON.stringify({ ...defaults, custom: { ...defaults.custom } }));
  for (const { matcher, properties } of overrides) {
    if (matcher.options !== name) continue;
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) config.custom[id.slice(7)] = value;
      else config[id] = value;
    }
  }
  return config;
}

function named(legend, labels) {
  return legend.replace(/{{\s*(\w+)\s*}}/g, (_, label) => labels[label] ?? '');
}

// As Grafana's renameByRegex does: a pattern between slashes is searched for, and replaced once.
function called(panel, name) {
  return (panel.transformations ?? []).filter(({ id }) => id === 'renameByRegex')
    .reduce((said, { options }) => said.replace(
      new RegExp(options.regex.slice(1, -1)), options.renamePattern), name);
}

function dressed(frame) {
  frame.fields.forEach((field, index) => {
    field.state = { seriesIndex: Math.max(0, (field.state?.seriesIndex ?? index)) };
    field.display = getDisplayProcessor({ field, theme });
  });
  return frame;
}

function series(panel, target, answer, first) {
  return answer.map((one, index) => {
    const name = called(panel, named(target.legendFormat, one.metric));
    const frame = toDataFrame({
      refId: target.refId,
      fields: [
        { name: 'Time', type: FieldType.time, values: one.values.map(([t]) => t * 1000) },
        { name, type: FieldType.number, values: one.values.map(([, v]) => Number(v)),
          config: { ...merged(panel, name), displayName: name } },
      ],
    });
    frame.fields[1].state = { seriesIndex: first + index };
    return dressed(frame);
  });
}

function Tile({ panel, found, width, height }) {
  const shown = panel.targets.flatMap((target, index) => found[index].map((one) => {
    const field = { name: target.legendFormat, type: FieldType.number, values: [],
      config: merged(panel, target.legendFormat) };
    const value = getDisplayProcessor({ field, theme })(Number(one.value[1]));
    return { ...value, title: target.legendFormat };
  }));
  const values = shown.length ? shown : [{ text: panel.fieldConfig.defaults.noValue, numeric: NaN,
    color: '#5B6B7A', title: '' }];
  const { orientation, colorMode, textMode, text } = panel.options;
  const wide = orientation === 'vertical' || (orientation !== 'horizontal' && width > height);
  return <div style={{ display: 'flex', flexDirection: wide ? 'row' : 'column' }}>
    {values.map((value, index) => <BigValue key={index} theme={theme} value={value}
      width={wide ? width / values.length : width} height={wide ? height : height / values.length}
      colorMode={colorMode} textMode={textMode} text={text} />)}
  </div>;
}

function Lines({ panel, found, width, height }) {
  let count = 0;
  const frames = panel.targets.flatMap((target, index) => {
    const made = series(panel, target, found[index], count);
    count += made.length;
    return made;
  });
  if (!frames.length) return <Empty panel={panel} />;
  return <TimeSeries frames={frames} structureRev={1} width={width} height={height}
    timeRange={range} timeZone="browser"
    legend={{ showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] }}
    options={{}} />;
}

// Grafana does not export its state timeline: plain boxes in its colours and words stand for it.
function Timeline({ panel, found, height }) {
  const rows = found.flatMap((answer, index) => answer.map((one) => ({
    name: called(panel, named(panel.targets[index].legendFormat, one.metric)), values: one.values })));
  const field = { name: '', type: FieldType.number, values: [], config: panel.fieldConfig.defaults };
  const display = getDisplayProcessor({ field, theme });
  const tall = Math.min(34, (height - 8) / Math.max(1, rows.length));
  return <div>{rows.map((row) => {
    const runs = [];
    for (const [t, v] of row.values) {
      const last = runs.at(-1);
      if (last && last.v === v) last.to = t;
      else runs.push({ v, from: last ? last.to : t, to: t });
    }
    const span = end - start;
    return <div key={row.name} style={{ display: 'flex', height: tall, alignItems: 'center' }}>
      <span style={{ width: 150, fontSize: 13 }}>{row.name}</span>
      <div style={{ position: 'relative', flex: 1, height: tall - 4 }}>{runs.map((run, i) => {
        const said = display(Number(run.v));
        const left = (run.from - start) / span * 100, wide = (run.to - run.from) / span * 100;
        return <div key={i} style={{ position: 'absolute', left: `${left}%`, width: `${wide}%`,
          height: '100%', background: said.color, overflow: 'hidden', color: '#111', fontSize: 12, paddingLeft: 6,
          lineHeight: `${tall - 4}px`, whiteSpace: 'nowrap' }}>{wide > 6 ? said.text : ''}</div>;
      })}</div></div>;
  })}</div>;
}

function heading(panel, label) {
  const organized = panel.transformations.find(({ id }) => id === 'organize');
  return organized.options.renameByName[label] ?? label;
}

// Grafana's own table needs the app around it: a plain one in its units, words and colours.
function Rows({ panel, found }) {
  const label = found[0][0] ? Object.keys(found[0][0].metric)[0] : 'key';
  const keys = [...new Set(found[0].map((one) => one.metric[label]))];
  const words = merged(panel, heading(panel, label)).mappings?.[0]?.options ?? {};
  const cell = { padding: '4px 12px', borderBottom: '1px solid #333', fontSize: 14, textAlign: 'left' };
  const said = (target, answer, key) => {
    const value = answer.find((one) => one.metric[label] === key)?.value[1];
    if (value === undefined) return <td key={target.refId} style={cell} />;
    const config = merged(panel, target.legendFormat);
    const field = { name: target.legendFormat, type: FieldType.number, values: [], config };
    const shown = getDisplayProcessor({ field, theme })(Number(value));
    const coloured = config.mappings ? { background: shown.color, color: '#111' } : {};
    return <td key={target.refId} style={{ ...cell, ...coloured }}>{shown.text}{shown.suffix}</td>;
  };
  return <table style={{ width: '100%', borderCollapse: 'collapse' }}><thead><tr>
    <th style={cell}>{heading(panel, label)}</th>
    {panel.targets.map((target) => <th key={target.refId} style={cell}>{target.legendFormat}</th>)}
  </tr></thead><tbody>{keys.map((key) => <tr key={key}><td style={cell}>{words[key]?.text ?? key}</td>
    {panel.targets.map((target, index) => said(target, found[index], key))}</tr>)}</tbody></table>;
}

function Empty({ panel }) {
  return <div style={{ padding: 24, opacity: .8 }}>{panel.fieldConfig.defaults.noValue}</div>;
}

const SHAPES = { stat: Tile, timeseries: Lines, 'state-timeline': Timeline, table: Rows };

function Board() {
  const cell = (WIDTH - GAP) / 24;
  return <div style={{ position: 'relative', width: WIDTH, height: 1080, background: theme.colors.background.canvas }}>
    {board.panels.map((panel, index) => {
      const { x, y, w, h } = panel.gridPos;
      const width = w * cell - GAP, height = h * UNIT - GAP;
      const Shape = SHAPES[panel.type];
      return <div key={panel.id} style={{ position: 'absolute', left: x * cell + GAP, top: y * UNIT + GAP }}>
        <PanelChrome title={panel.title} width={width} height={height}>
          {(inner, tall) => <Shape panel={panel} found={answers[index]} width={inner} height={tall} />}
        </PanelChrome></div>;
    })}
  </div>;
}

createRoot(document.getElementById('board')).render(
  <ThemeContext.Provider value={theme}><GlobalStyles /><Board /></ThemeContext.Provider>);
