/* A site's power, live: read when a page opens, patched by the stream (`site.power`), read again when a fact says so. */
import { type Signal, signal } from '@preact/signals';
import { Problem, request } from '../../shared/api';
import { on } from '../../shared/events';
import { stations } from './live';
import type { PowerLive as LiveSite, PowerMinute as Minute, PowerPlan as Ahead } from './types.gen';

export type { PowerLive as LiveSite, PowerLiveEvse as LiveEvse, PowerLiveNode as LiveNode, PowerMinute as Minute, PowerPlan as Ahead } from './types.gen';

export interface Watched {
    live: Signal<LiveSite | undefined>;
    problem: Signal<Problem | undefined>;
    again: () => void;
    stop: () => void;
}

const settleMs = 250;
const topics = ['site.power', 'session.started', 'session.ended', 'station.connected', 'station.disconnected', 'cap.set', 'cap.cleared', 'limit.disobeyed', 'meter.stale'];

interface Pushed extends Partial<Pick<LiveSite, 'cars_w' | 'offered_w' | 'grid_w' | 'solar_w'>> {
    site?: string | null;
}

const listeners = new Set<(data: Pushed) => void>();
for (const topic of topics) on(topic, (data) => { for (const listen of listeners) listen(data as Pushed); });

/* What has no name in the document is called as everywhere else. */
function named(live: LiveSite): LiveSite {
    const kinds = new Map(live.nodes.map((n) => [n.id, n]));
    const known = new Map<string, string>();
    const evses = live.evses.map((e) => {
        const station = stations.get(e.station)?.peek().name || e.station, node = kinds.get(e.node);
        known.set(node?.kind === 'evse' ? node.parent ?? '' : e.node, station);
        if (node?.kind === 'evse') known.set(e.node, `${station} · ${e.evse}`);
        return { ...e, name: e.name || `${station} · ${e.evse}` };
    });
    return { ...live, evses, nodes: live.nodes.map((n) => ({ ...n, name: n.name || known.get(n.id) || n.id })) };
}

/* A large site comes in pages. */
async function readLive(site: string): Promise<LiveSite> {
    const path = `/sites/${encodeURIComponent(site)}/power/live`;
    const live = await request<LiveSite>('GET', path);
    for (let cursor = live.next_cursor; cursor; ) {
        const page: LiveSite = await request<LiveSite>('GET', `${path}?cursor=${encodeURIComponent(cursor)}`);
        live.nodes.push(...page.nodes);
        live.evses.push(...page.evses);
        cursor = page.next_cursor;
    }
    return named(live);
}

/* Follows one site until it is stopped. Several facts of one moment are one question. */
export function watchPower(site: string): Watched {
    const live = signal<LiveSite | undefined>(undefined);
    const problem = signal<Problem | undefined>(undefined);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const read = () => {
        timer = undefined;
        readLive(site).then(
            (found) => { if (!gone) { live.value = found; problem.value = undefined; } },
            (error) => { if (!gone) problem.value = error instanceof Problem ? error : new Problem(0, String(error)); });
    };
    /* The sums are in what was pushed; the tree behind them is read after. */
    const listen = (data: Pushed) => {
        if (data.site !== undefined && data.site !== site) return;
        const now = live.peek();
        if (now && data.cars_w !== undefined)
            live.value = { ...now, cars_w: data.cars_w, offered_w: data.offered_w ?? now.offered_w, grid_w: data.grid_w ?? null, solar_w: data.solar_w ?? null };
        timer ??= setTimeout(read, settleMs);
    };
    listeners.add(listen);
    read();
    return { live, problem, again: read, stop: () => { gone = true; clearTimeout(timer); listeners.delete(listen); } };
}

/* The last hours and the plan ahead on one line of time. */
export interface Course {
    at: number[];
    cars: (number | null)[];
    offered: (number | null)[];
    limit: (number | null)[];
    grid: (number | null)[];
    solar: (number | null)[];
    planned: (number | null)[];
    price: (number | null)[];
    nowS: number;
}

const aheadLeastS = 900; // a picture of one moment has no width

export function courseOf(past: readonly Minute[], ahead: Ahead | undefined, nowS: number): Course {
    const c: Course = { at: [], cars: [], offered: [], limit: [], grid: [], solar: [], planned: [], price: [], nowS };
    const put = (at: number, row: Partial<Record<Exclude<keyof Course, 'at' | 'nowS'>, number | null>>) => {
        if (c.at.length && at <= c.at[c.at.length - 1]!) return;
        c.at.push(at);
        for (const name of ['cars', 'offered', 'limit', 'grid', 'solar', 'planned', 'price'] as const) c[name].push(row[name] ?? null);
    };
    for (const m of past)
        put(Date.parse(m.at) / 1000, { cars: m.cars_w, offered: m.offered_w, limit: m.limit_w, grid: m.grid_w, solar: m.solar_w, price: m.price_minor_per_kwh });
    if (ahead) {
        const from = Date.parse(ahead.from_at) / 1000;
        if (c.at.length) c.planned[c.at.length - 1] = ahead.cars_w[0] ?? null; // the step that runs
        ahead.cars_w.forEach((w, i) => put(Math.max(from + i * ahead.step_s, i === 0 ? nowS : 0), { planned: w, limit: ahead.limit_w[i], solar: ahead.solar_w[i], price: ahead.price_minor_per_kwh[i] }));
    }
    if (c.at.length === 1) put(nowS + aheadLeastS, { limit: c.limit[0] });
    return c;
}
