/* A site's power, live: read when a page opens, patched by the stream (`site.power`), read again when a fact says so. */
import { type Signal, signal } from '@preact/signals';
import { Problem, request } from '../../shared/api';
import { on } from '../../shared/events';

export interface LiveNode {
    id: string;
    name: string;
    kind: string;
    parent: string | null;
    limit_a: (number | null)[];
    limit_w: number | null;
    capped: boolean;
    cap_expires_at: string | null;
    cap_reason: string;
    reserved_a: number[];
    reserved_w: number;
    base_w: number;
    has_meter: boolean;
    meter_stale: boolean;
    meter_at: string | null;
    measured_a: (number | null)[] | null;
    measured_w: number | null;
}

export interface LiveEvse {
    station: string;
    evse: number;
    name: string;
    node: string;
    session: string | null;
    connected: boolean;
    plugged: boolean;
    proven: boolean;
    disobeys: boolean;
    why: string;
    why_text: string;
    target_a: number;
    booked_a: number;
    confirmed_a: number | null;
    draw_a: number | null;
    draw_w: number | null;
    fail_safe_a: number;
    max_a: number;
    min_a: number;
    lease_ends_at: string | null;
    phases: number[];
    phases_known: boolean;
    need_wh: number | null;
    laxity_s: number | null;
    departs_at: string | null;
    departs_learned: boolean;
    class: string;
    override_a: number | null;
    override_expires_at: string | null;
}

export interface Cap {
    node: string;
    limit_a: number | null;
    limit_w: number | null;
    expires_at: string | null;
    reason: string;
    created_by: string;
}

export interface LiveSite {
    site: string;
    mode: string;
    decided_at: string | null;
    failsafe_fits: boolean;
    unproven: number;
    cars_w: number;
    offered_w: number;
    grid_w: number | null;
    solar_w: number | null;
    price_minor_per_kwh: number | null;
    nodes: LiveNode[];
    evses: LiveEvse[];
    caps: Cap[];
}

export interface Minute {
    at: string;
    cars_w: number;
    offered_w: number;
    limit_w: number | null;
    grid_w: number | null;
    solar_w: number | null;
    price_minor_per_kwh: number | null;
}

export interface Ahead {
    from_at: string;
    step_s: number;
    gap_permille: number | null;
    cars_w: number[];
    limit_w: (number | null)[];
    solar_w: (number | null)[];
    price_minor_per_kwh: (number | null)[];
}

export interface Watched {
    live: Signal<LiveSite | undefined>;
    problem: Signal<Problem | undefined>;
    again: () => void;
    stop: () => void;
}

const settleMs = 250;
const topics = ['site.power', 'session.started', 'session.ended', 'station.connected', 'station.disconnected', 'cap.set', 'cap.cleared', 'limit.disobeyed', 'meter.stale'];
const listeners = new Set<(data: { site?: string | null }) => void>();
for (const topic of topics) on(topic, (data) => { for (const listen of listeners) listen(data as { site?: string | null }); });

/* Follows one site until it is stopped. Several facts of one moment are one question. */
export function watchPower(site: string): Watched {
    const live = signal<LiveSite | undefined>(undefined);
    const problem = signal<Problem | undefined>(undefined);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const read = () => {
        timer = undefined;
        request<LiveSite>('GET', `/sites/${encodeURIComponent(site)}/power/live`).then(
            (found) => { if (!gone) { live.value = found; problem.value = undefined; } },
            (error) => { if (!gone) problem.value = error instanceof Problem ? error : new Problem(0, String(error)); });
    };
    const listen = (data: { site?: string | null }) => {
        if (data.site === undefined || data.site === site) timer ??= setTimeout(read, settleMs);
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
        ahead.cars_w.forEach((w, i) => put(Math.max(from + i * ahead.step_s, i === 0 ? nowS : 0), { planned: w, limit: ahead.limit_w[i], solar: ahead.solar_w[i], price: ahead.price_minor_per_kwh[i] }));
    }
    return c;
}
