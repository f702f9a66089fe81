/* What is live: stations, open sessions, sites, inbox, attention. Read once, then kept by events. */
import { computed, signal } from '@preact/signals';
import { everyPage, request, withQuery } from '../../shared/api';
import { learnClock, on, startEvents } from '../../shared/events';
import { Collection } from './collection';
import type { Attention, InboxEntry, LiveValue, Review, Server, Session, Site, Station, UnknownToken } from './types.gen';

export const stations = new Collection<Station>((s) => s.id);
export const openSessions = new Collection<Session>((s) => s.id);
export const sites = new Collection<Site>((s) => s.id);
export const inbox = new Collection<InboxEntry>((i) => i.identity);
export const review = new Collection<Review>((r) => r.id);
export const attention = signal<Attention[] | undefined>(undefined);
export const server = signal<Server | undefined>(undefined);
/* The last session fact of any state: pages that list old ones look at it. */
export const lastSession = signal<Session | undefined>(undefined);
export const lastUnknownToken = signal<UnknownToken | undefined>(undefined);

async function snapshot<T>(collection: Collection<T>, path: string, query = {}): Promise<void> {
    const askedAt = performance.now();
    const rows: T[] = [];
    try {
        await everyPage<T>(path, query, (items) => rows.push(...items));
        collection.replace(rows, askedAt);
    } catch {
        collection.fail();
    }
}

async function loadWhole<T>(collection: Collection<T>, path: string): Promise<void> {
    const askedAt = performance.now();
    try {
        collection.replace((await request<{ items: T[] }>('GET', path)).items, askedAt);
    } catch {
        collection.fail();
    }
}

async function loadServer(): Promise<void> {
    const askedAt = Date.now();
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0); // today is the reader's
    const info = await request<Server>('GET', withQuery('/server', { day_from: midnight.toISOString() }));
    learnClock(info.now, askedAt, Date.now());
    server.value = info;
}

async function loadAttention(): Promise<void> {
    attention.value = (await request<{ items: Attention[] }>('GET', '/attention')).items;
}

const quiet = () => undefined;

export const load = {
    stations: () => snapshot(stations, '/stations'),
    sessions: () => snapshot(openSessions, '/sessions', { state: 'open' }),
    sites: () => snapshot(sites, '/sites'),
    inbox: () => loadWhole(inbox, '/inbox'),
    review: () => snapshot(review, '/review'),
    server: () => loadServer().catch(quiet),
    attention: () => loadAttention().catch(quiet),
};

export async function loadAll(): Promise<void> {
    await Promise.all(Object.values(load).map((read) => read()));
}

/* Sums that the server makes are read again a moment after a fact, however many facts come in that moment. */
const settleMs = 1000;
let summing: ReturnType<typeof setTimeout> | undefined;

function sumsChanged(): void {
    summing ??= setTimeout(() => {
        summing = undefined;
        void load.server();
        void load.attention();
    }, settleMs);
}

export function reloadStation(id: string): void {
    request<Station>('GET', `/stations/${encodeURIComponent(id)}`).then((s) => stations.put(s), quiet);
}

function takeStation(data: unknown): void {
    stations.put(data as Station);
    sumsChanged();
}

function dropStation(data: unknown): void {
    stations.drop((data as Station).id);
    sumsChanged();
}

function takeSession(data: unknown, topic: string): void {
    const session = data as Session;
    if (session.state === 'open') openSessions.put(session);
    else openSessions.drop(session.id);
    lastSession.value = session;
    if (topic !== 'session.updated') sumsChanged();
}

function takeValue(data: unknown): void {
    const { session, power_w, energy_wh, soc_percent } = data as LiveValue;
    openSessions.patch(session, { power_w, energy_wh, soc_percent });
}

const topics: readonly [topic: string, take: (data: unknown, topic: string) => void][] = [
    ['station.connected', takeStation],
    ['station.disconnected', takeStation],
    ['station.booted', takeStation],
    ['station.changed', takeStation],
    ['station.deleted', dropStation],
    ['connector.status', takeStation],
    ['session.started', takeSession],
    ['session.updated', takeSession],
    ['session.ended', takeSession],
    ['inbox.changed', () => void load.inbox()],
    ['token.unknown', (data) => (lastUnknownToken.value = data as UnknownToken)],
    ['value', takeValue],
    ['reset', () => void loadAll()],
];

let listening = false;

/* Returns what ends it. */
export function startLive(): () => void {
    if (!listening) for (const [topic, take] of topics) on(topic, take);
    listening = true;
    void loadAll();
    let opened = 0;
    return startEvents(() => {
        if (opened++ > 0) void loadAll(); // the first snapshot is under way already
    });
}

const siteNames = computed(() => new Map(sites.all().map((s) => [s.id, s.name])));

export function siteName(id: string | null): string {
    return id ? siteNames.value.get(id) ?? id : '';
}
