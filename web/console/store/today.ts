/* The sums of this moment and of the day, and the power of the last hour. */
import { computed, signal } from '@preact/signals';
import { type Page, everyPage, request } from '../../shared/api';
import { connectorsOf } from '../parts/state';
import { openSessions, server, stations } from './live';
import { type Series, powerAt, seriesOf } from './series';
import type { MeterValue, Session } from './types.gen';

export const powerNow = computed(() => openSessions.all().reduce((sum, s) => sum + s.power_w, 0));

/* The server's sum of the day stands still between two facts; the open sessions go on from there. */
const energyOpenAtSum = computed(() => {
    void server.value;
    return openSessions.rows().reduce((sum, s) => sum + s.energy_wh, 0);
});

/* A start that has no energy yet and still goes on has not failed. */
function judged(starts: { all: number; worked: number }): { all: number; worked: number } {
    const waiting = openSessions.rows().filter((s) => s.energy_wh === 0).length;
    return { ...starts, all: Math.max(starts.worked, starts.all - waiting) };
}

export const numbers = computed(() => {
    const all = stations.all();
    const today = server.value;
    const energyOpen = openSessions.all().reduce((sum, s) => sum + s.energy_wh, 0);
    return {
        ready: stations.state.value === 'ready',
        online: all.filter((s) => s.connected).length,
        total: all.length,
        charging: all.reduce((n, s) => n + (s.connected ? connectorsOf(s).filter((c) => c.status === 'charging').length : 0), 0),
        energyTodayWh: today ? today.energy_today_wh + Math.max(0, energyOpen - energyOpenAtSum.value) : undefined,
        starts: today && judged(today.starts_today),
    };
});

export interface Course {
    at: number[];
    w: (number | null)[];
}

const stepMs = 5000;
const keptMs = 3_600_000;
const stored = 'voltd.course';

/* It survives a reload of the page, within this tab. */
function remembered(): Course {
    try {
        const found = JSON.parse(sessionStorage.getItem(stored) ?? '') as Course;
        return Array.isArray(found.at) && found.at.length === found.w.length ? found : { at: [], w: [] };
    } catch {
        return { at: [], w: [] };
    }
}

export const course = signal<Course>(remembered());

function note(): void {
    const at = Date.now() / 1000;
    const before = course.peek();
    const first = before.at.findIndex((x) => x > at - keptMs / 1000);
    const from = first < 0 ? before.at.length : first;
    const gap = before.at.length > 0 && at - before.at[before.at.length - 1]! > 3 * (stepMs / 1000);
    course.value = {
        at: [...before.at.slice(from), ...(gap ? [at - 0.1] : []), at],
        w: [...before.w.slice(from), ...(gap ? [null] : []), powerNow.peek()],
    };
    sessionStorage.setItem(stored, JSON.stringify(course.peek()));
}

const recalledMax = 150; // sessions whose meter values are read for it
const askedAtOnce = 6;
const stepS = 60;
let recalled = false;

async function seriesFor(session: Session): Promise<Series> {
    const values: MeterValue[] = [];
    await everyPage<MeterValue>(`/sessions/${session.id}/meter_values`, {}, (some) => values.push(...some));
    return seriesOf(values, session);
}

/* What was before this page was opened, summed up from the meter values of the sessions of that hour. A fleet with more
 * sessions than one page should ask for begins with what is seen from now on. */
export async function recallCourse(): Promise<void> {
    if (recalled || course.peek().at.length > 20) return;
    recalled = true;
    const until = (course.peek().at[0] ?? Date.now() / 1000) - stepS / 2;
    const since = until - keptMs / 1000;
    const page = await request<Page<Session>>('GET', `/sessions?limit=${recalledMax + 1}`);
    const sessions = page.items.filter((s) => Date.parse(s.ended_at ?? s.seen_at) / 1000 > since);
    if (sessions.length === 0 || sessions.length > recalledMax) return;
    const all: Series[] = [];
    const waiting = [...sessions];
    const work = async () => {
        for (let s = waiting.pop(); s; s = waiting.pop()) all.push(await seriesFor(s));
    };
    await Promise.all(Array.from({ length: askedAtOnce }, work));
    const at = Array.from({ length: Math.floor((until - since) / stepS) }, (_, i) => since + (i + 1) * stepS);
    const w = at.map((moment) => all.reduce((sum, series) => sum + powerAt(series, moment), 0));
    const now = course.peek();
    course.value = { at: [...at, ...now.at], w: [...w, ...now.w] };
}

/* Runs as long as the page lives: leaving Now and coming back loses nothing. */
setInterval(() => {
    if (openSessions.state.peek() === 'ready') note();
}, stepMs);
