/* Lines over time. uPlot is fetched when the first plot is drawn; a sentence says the same to who cannot see it. */
import { effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import * as format from '../../shared/format';
import { theme } from '../theme';

export interface Line {
    label: string;
    /* A colour by its name in tokens.css. */
    colour: string;
    values: (number | null)[];
    fill?: boolean;
    dashed?: boolean;
    scale?: 'w' | 'wh' | 'percent';
}

interface Props {
    /* Seconds since 1970. */
    at: number[];
    lines: Line[];
    summary: string;
    height?: number;
}

function css(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const units: Record<string, (v: number) => string> = {
    w: (v) => format.join(format.power(v)),
    wh: (v) => format.join(format.energy(v)),
    percent: (v) => `${v} %`,
};

function axis(scale: string, side: number): uPlot.Axis {
    return {
        scale, side, size: 62, gap: 4, font: '11px system-ui', stroke: () => css('muted'),
        grid: { stroke: () => css('line'), width: 1, show: side === 3 }, ticks: { show: false },
        values: (_, splits) => splits.map((v) => units[scale]!(v)),
    };
}

function optionsFor(props: Props, width: number): uPlot.Options {
    const scales = [...new Set(props.lines.map((l) => l.scale ?? 'w'))];
    const zero = { range: (_: unknown, __: number, max: number): [number, number] => [0, Math.max(max * 1.08, 1000)] };
    return {
        width, height: props.height ?? 220, padding: [8, scales.length > 1 ? 0 : 10, 0, 0],
        cursor: { points: { size: 6 }, drag: { x: false, y: false } }, legend: { show: false },
        scales: { x: { time: true }, w: zero, wh: zero, percent: { range: [0, 100] } },
        axes: [
            { stroke: () => css('muted'), font: '11px system-ui', grid: { show: false }, ticks: { show: false }, size: 26,
              values: (_, splits) => splits.map((s) => format.clock(new Date(s * 1000).toISOString())) },
            ...scales.map((s, i) => axis(s, i === 0 ? 3 : 1)),
        ],
        series: [{}, ...props.lines.map((l) => ({
            label: l.label, scale: l.scale ?? 'w', width: 2, stroke: () => css(l.colour), spanGaps: true,
            dash: l.dashed ? [4, 4] : undefined, points: { show: false },
            fill: l.fill ? () => `${css(l.colour)}24` : undefined,
        }))],
    };
}

/* What the cursor points at, in words under the plot. */
function readout(plot: uPlot, lines: Line[]): string {
    const i = plot.cursor.idx;
    if (i === null || i === undefined) return '';
    const at = format.clock(new Date(plot.data[0][i]! * 1000).toISOString());
    return [at, ...lines.map((l, n) => `${l.label} ${units[l.scale ?? 'w']!(Number(plot.data[n + 1]?.[i] ?? 0))}`)].join(' · ');
}

export function Plot(props: Props) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot>();
    const pointed = useSignal('');
    const latest = useRef(props);
    latest.current = props;
    const shape = props.lines.map((l) => l.label).join();
    useEffect(() => {
        let gone = false;
        let watch: ResizeObserver | undefined;
        let stop: (() => void) | undefined;
        void import('uplot').then(({ default: UPlot }) => {
            const node = box.current;
            if (gone || !node) return;
            const now = latest.current;
            const made = new UPlot(optionsFor(now, node.clientWidth), [now.at, ...now.lines.map((l) => l.values)] as uPlot.AlignedData, node);
            plot.current = made;
            made.over.addEventListener('mousemove', () => (pointed.value = readout(made, latest.current.lines)));
            made.over.addEventListener('mouseleave', () => (pointed.value = ''));
            watch = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height: latest.current.height ?? 220 }));
            watch.observe(node);
            stop = effect(() => { void theme.value; made.redraw(); });
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
            <div class="plot" ref={box} style={{ '--plot-h': `${props.height ?? 220}px` }} role="img" aria-label={props.summary} />
            <figcaption class="legend">
                {pointed.value || props.lines.map((l) => (
                    <span key={l.label} class={l.dashed ? 'dashed' : ''} style={{ color: `var(--${l.colour})` }}><b />{l.label}</span>
                ))}
            </figcaption>
        </figure>
    );
}
