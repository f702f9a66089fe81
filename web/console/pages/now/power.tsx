/* The power of the last hour: what is measured; and of the sites that share it, their limit. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { request } from '../../../shared/api';
import * as format from '../../../shared/format';
import { type Line, Plot } from '../../parts/plot';
import { type Steps, align } from '../../store/align';
import { limitOfAll, powerRead, sitePower } from '../../store/now';
import type { Minute } from '../../store/power';
import { course, powerNow, recallCourse } from '../../store/today';
import { t } from '../../t';

const leastS = 600; // a server that has just begun does not show an hour of nothing
const sitesMax = 12; // more are not asked one by one
const againMs = 60_000;

interface Known {
    drawn: Steps;
    limit: Steps;
}

const nothing: Known = { drawn: { at: [], values: [] }, limit: { at: [], values: [] } };

/* By the minute, over all sites; a minute that one of them does not know is left out. A site counts from its first minute on. */
function sumOf(sites: readonly (readonly Minute[])[]): Known {
    const firsts = sites.map((minutes) => (minutes[0] ? Math.floor(Date.parse(minutes[0].at) / 60_000) * 60 : Infinity));
    const sitesAt = (at: number) => firsts.filter((first) => first <= at).length;
    const minutes = new Map<number, { n: number; drawn: number; limit: number | null }>();
    for (const m of sites.flat()) {
        const at = Math.floor(Date.parse(m.at) / 60_000) * 60;
        const known = minutes.get(at) ?? { n: 0, drawn: 0, limit: 0 };
        minutes.set(at, { n: known.n + 1, drawn: known.drawn + m.cars_w, limit: known.limit === null || m.limit_w === null ? null : known.limit + m.limit_w });
    }
    const whole = [...minutes].filter(([at, m]) => m.n === sitesAt(at)).sort((a, b) => a[0] - b[0]);
    const at = whole.map(([moment]) => moment);
    return { drawn: { at, values: whole.map(([, m]) => m.drawn) }, limit: { at, values: whole.map(([, m]) => m.limit) } };
}

function useKnown(): Known {
    const known = useSignal(nothing);
    const ids = [...sitePower.value.keys()].sort().join();
    useEffect(() => {
        let gone = false;
        const sites = ids.split(',').filter(Boolean);
        const read = async () => {
            const found = await Promise.all(sites.map((id) => request<{ items: Minute[] }>('GET', `/sites/${id}/power/history?hours=1`))).catch(() => undefined);
            if (!gone && found) known.value = sumOf(found.map((f) => f.items));
        };
        if (sites.length === 0 || sites.length > sitesMax) return;
        void read();
        const timer = setInterval(() => void read(), againMs);
        return () => { gone = true; clearInterval(timer); };
    }, [ids]);
    return known.value;
}

/* What was before this page was opened: of the sites where all cars stand at such, else told from the sessions. */
function before(drawn: Steps, live: readonly number[]): Steps {
    const first = (live[0] ?? Infinity) - 30;
    const n = drawn.at.filter((at) => at < first).length;
    return { at: drawn.at.slice(0, n), values: drawn.values.slice(0, n) };
}

function withNow(steps: Steps, value: number | undefined): Steps {
    return value === undefined ? steps : { at: [...steps.at, Date.now() / 1000], values: [...steps.values, value] };
}

export function PowerCard() {
    const allowed = useKnown();
    const limit = limitOfAll.value;
    const shared = sitePower.value.size > 0;
    const bySites = shared && limit !== undefined && sitePower.value.size <= sitesMax;
    const recalls = powerRead.value && !bySites;
    useEffect(() => { if (recalls) void recallCourse().catch(() => undefined); }, [recalls]);
    const past = bySites ? before(allowed.drawn, course.value.at) : nothing.drawn;
    const at = [...past.at, ...course.value.at];
    const w = [...past.values, ...course.value.w];
    const all = align([{ at, values: w }, { ...withNow(allowed.limit, limit), stepped: true }]);
    const lines: Line[] = ([
        { label: t('now.measured'), colour: 'charging', values: all.values[0]!, fill: true },
        { label: t('power.line_limit'), colour: 'faulted', values: all.values[1]!, dashed: true, stepped: true, width: 1.5 },
    ] as Line[]).filter((l, i) => i === 0 || (shared && l.values.some((v) => v !== null)));
    const known = w.filter((x): x is number => x !== null);
    const range = (of: number) => format.join(format.power(of));
    const first = w.findIndex((x) => x !== null && x > 0);
    const spanS = first < 0 ? leastS : Math.min(3600, Math.max(leastS, Date.now() / 1000 - at[first]! + 30));
    const summary = known.length ? t('now.power_summary', { low: range(Math.min(...known)), high: range(Math.max(...known)), now: range(powerNow.value) }) : '';
    return (
        <section class="card" aria-labelledby="power-title">
            <header><h2 id="power-title">{t('now.power_hour')}</h2><small>{limit === undefined ? range(powerNow.value) : t('power.of', { reserved: range(powerNow.value), limit: range(limit) })}</small></header>
            <div class="pad" style={{ paddingTop: 0 }}>
                <Plot at={all.at} summary={summary} height={250} spanS={spanS} lines={lines} />
            </div>
        </section>
    );
}
