/* Lines over time. uPlot is fetched when the first plot is drawn; a sentence says the same to who cannot see it. */
import { effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import * as format from '../../shared/format';
import { t } from '../t';
import { theme } from '../theme';
import { PlotTable } from './plot-table';

export interface Line {
    label: string;
    /* A colour by its name in tokens.css. */
    colour: string;
    values: (number | null)[];
    fill?: boolean;
    dashed?: boolean;
    /* Holds until the next value, as limits do. */
    stepped?: boolean;
    width?: number;
    scale?: 'w' | 'wh' | 'percent' | 'price';
}

interface Props {
    /* Seconds since 1970. */
    at: number[];
    lines: Line[];
    summary: string;
    height?: number;
    /* Seconds that the picture spans, up to now; else what the values span. */
    spanS?: number;
    /* A line at this moment: what is to the right of it is planned. */
    nowS?: number;
}

const keySteps = 60; // from one end to the other

function css(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/* Steps of the time axis. */
const minutes = [1 / 12, 1 / 4, 1 / 2, 1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 7200, 14400];

const units: Record<string, (v: number) => string> = {
    w: (v) => format.join(format.power(v)),
    wh: (v) => format.join(format.energy(v)),
    percent: (v) => `${v} %`,
    price: (v) => format.join([format.decimal(v, 1), 'ct/kWh']),
};

export function unitOf(line: Line): (v: number) => string {
    return units[line.scale ?? 'w']!;
}

/* All marks of an axis with the same unit and digits. */
function ticks(scale: string, splits: number[]): string[] {
    const max = splits[splits.length - 1] ?? 0;
    if (scale === 'percent') return splits.map((v) => `${v} %`);
    const mega = max >= 1e6;
    const step = (splits[1] ?? max) - (splits[0] ?? 0);
    if (scale === 'price') return splits.map((v) => `${format.decimal(v, step >= 1 ? 0 : 1)} ct`);
    const unit = `${mega ? 'M' : 'k'}${scale === 'wh' ? 'Wh' : 'W'}`;
    const size = mega ? 1e6 : 1000;
    const digits = step >= size ? 0 : step >= size / 10 ? 1 : step >= size / 100 ? 2 : 3;
    return splits.map((v) => `${format.decimal(v / size, digits)} ${unit}`);
}

function axis(scale: string, side: number): uPlot.Axis {
    return {
        scale, side, size: 62, gap: 4, font: '11px system-ui', stroke: () => css('muted'),
        grid: { stroke: () => css('line'), width: 1, show: side === 3 }, ticks: { show: false },
        values: (_, splits) => ticks(scale, splits),
    };
}

/* The clock; under the first one, and where a day begins, the day, unless all of it is today. */
function timesOf(splits: number[]): string[] {
    const today = format.day(Date.now());
    const short = splits.length > 1 && splits[1]! - splits[0]! < 60;
    const clock = (s: number) => (short ? format.clockS : format.clock)(new Date(s * 1000).toISOString());
    const days = splits.map((s) => format.day(s * 1000));
    const all = days.some((d) => d !== today);
    return splits.map((s, i) => clock(s) + (all && days[i] !== days[i - 1] ? `\n${days[i]}` : ''));
}

function lastSeconds(spanS: number): [number, number] {
    const until = Date.now() / 1000;
    return [until - spanS, until];
}

function drawNow(latest: { current: Props }) {
    return (plot: uPlot) => {
        const { nowS } = latest.current;
        if (nowS === undefined) return;
        const x = Math.round(plot.valToPos(nowS, 'x', true));
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.strokeStyle = css('muted');
        ctx.lineWidth = devicePixelRatio;
        ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        ctx.restore();
    };
}

/* One value makes no line: it is a point. */
function isAlone(plot: uPlot, series: number): boolean {
    let values = 0;
    for (const v of plot.data[series]!) if (v !== null && v !== undefined && ++values > 1) return false;
    return values === 1;
}

function optionsFor(latest: { current: Props }, stepped: uPlot.Series.PathBuilder, width: number): uPlot.Options {
    const props = latest.current;
    const scales = [...new Set(props.lines.map((l) => l.scale ?? 'w'))];
    /* From zero, with a little air above; never so fine that a standstill looks like a mountain. */
    const zero = (least: number) => ({ range: (_: unknown, __: number, max: number): [number, number] => [0, Math.max((max || 0) * 1.08, least)] });
    return {
        width, height: props.height ?? 220, padding: [8, scales.length > 1 ? 0 : 18, 0, 0],
        hooks: { draw: [drawNow(latest)] },
        cursor: { points: { size: 6 }, drag: { x: false, y: false } }, legend: { show: false },
        scales: { x: { time: true, ...(props.spanS ? { range: () => lastSeconds(latest.current.spanS!) } : {}) }, w: zero(1000), wh: zero(20), percent: { range: [0, 100] }, price: { range: (_, min, max) => [Math.min(0, (min || 0) * 1.1), Math.max((max || 0) * 1.4, 10)] } },
        axes: [
            { stroke: () => css('muted'), font: '11px system-ui', grid: { show: false }, ticks: { show: false }, size: 38, space: 64,
              incrs: minutes.map((m) => m * 60), values: (_, splits) => timesOf(splits) },
            ...scales.map((s, i) => axis(s, i === 0 ? 3 : 1)),
        ],
        series: [{}, ...props.lines.map((l) => ({
            label: l.label, scale: l.scale ?? 'w', width: l.width ?? 2, stroke: () => css(l.colour), spanGaps: !l.stepped, paths: l.stepped ? stepped : undefined,
            dash: l.dashed ? [4, 4] : undefined, points: { show: isAlone, size: 6, fill: () => css(l.colour) },
            fill: l.fill ? () => `${css(l.colour)}24` : undefined,
        }))],
    };
}

/* What the cursor points at, in words under the plot. */
function readout(plot: uPlot, lines: Line[]): string {
    const i = plot.cursor.idx;
    if (i === null || i === undefined) return '';
    const at = format.clock(new Date(plot.data[0][i]! * 1000).toISOString());
    const said = lines.flatMap((l, n) => {
        const value = plot.data[n + 1]?.[i];
        return value === null || value === undefined ? [] : [`${l.label} ${unitOf(l)(Number(value))}`];
    });
    return [at, ...said].join(' · ');
}

export function Plot(props: Props) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot>();
    const pointed = useSignal('');
    const inTable = useSignal(false);
    const latest = useRef(props);
    latest.current = props;
    const point = (made: uPlot, left: number) => {
        made.setCursor({ left: Math.max(0, Math.min(made.over.clientWidth - 1, left)), top: made.over.clientHeight / 2 });
        pointed.value = readout(made, latest.current.lines);
    };
    /* The arrows walk along the lines, and Escape lets go of them. */
    const keys = (event: KeyboardEvent) => {
        const made = plot.current;
        const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (made && way) {
            const from = made.cursor.left !== undefined && made.cursor.left >= 0 ? made.cursor.left : made.over.clientWidth;
            event.preventDefault();
            point(made, from + (way * made.over.clientWidth) / keySteps);
        } else if (event.key === 'Escape') pointed.value = '';
    };
    const shape = props.lines.map((l) => l.label).join();
    useEffect(() => {
        let gone = false;
        let watch: ResizeObserver | undefined;
        let stop: (() => void) | undefined;
        void import('uplot').then(({ default: UPlot }) => {
            const node = box.current;
            if (gone || !node) return;
            const now = latest.current;
            const made = new UPlot(optionsFor(latest, UPlot.paths.stepped!({ align: 1 }), node.clientWidth), [now.at, ...now.lines.map((l) => l.values)] as uPlot.AlignedData, node);
            plot.current = made;
            made.over.addEventListener('mousemove', () => (pointed.value = readout(made, latest.current.lines)));
            made.over.addEventListener('mouseleave', () => (pointed.value = ''));
            for (const touch of ['touchstart', 'touchmove']) made.over.addEventListener(touch, (event) => point(made, (event as TouchEvent).touches[0]!.clientX - made.over.getBoundingClientRect().left), { passive: true });
            watch = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height: latest.current.height ?? 220 }));
            watch.observe(node);
            let drawn = theme.peek(); // a redraw before the first draw would leave it without a time axis
            stop = effect(() => {
                if (theme.value !== drawn) made.redraw(false);
                drawn = theme.value;
            });
        });
        return () => {
            gone = true;
            watch?.disconnect();
            stop?.();
            plot.current?.destroy();
            plot.current = undefined;
        };
    }, [shape]);
    useEffect(() => {
        plot.current?.setData([props.at, ...props.lines.map((l) => l.values)] as uPlot.AlignedData);
    }, [props.at, props.lines]);
    return (
        <figure>
            <div class="plot" ref={box} style={{ '--plot-h': `${props.height ?? 220}px` }} role="img" aria-label={props.summary || t('loading')} tabIndex={0} onKeyDown={keys} />
            <div class="under">
                <figcaption class="legend" aria-live="polite">
                    {pointed.value || props.lines.map((l) => (
                        <span key={l.label} class={l.dashed ? 'dashed' : ''} style={{ color: `var(--${l.colour})` }}><b />{l.label}</span>
                    ))}
                </figcaption>
                <button type="button" class="plain" aria-expanded={inTable.value} onClick={() => (inTable.value = !inTable.value)}>{t('plot.table')}</button>
            </div>
            {inTable.value && <PlotTable at={props.at} lines={props.lines} now={Date.now()} />}
        </figure>
    );
}
