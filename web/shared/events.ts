/* One event stream for the whole page: facts and values by topic, resumed by the browser with Last-Event-ID. Each time it
 * opens, `onFresh` lets the stores read their snapshot: values are only live, and a new stream knows no last id. */
import { signal } from '@preact/signals';
import { apiRoot } from './api';

export type Feed = { state: 'connecting' | 'live' | 'lost'; since: number };

export const feed = signal<Feed>({ state: 'connecting', since: Date.now() });
/* Milliseconds from the server's `at` to here, smoothed; undefined until one was seen. */
export const lagMs = signal<number | undefined>(undefined);

type Taker = (data: unknown, topic: string) => void;
const takers = new Map<string, Taker[]>();
const retryMs = { first: 500, max: 4000 };

let source: EventSource | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let clockOffsetMs = 0;
let wait = retryMs.first;
let onFresh: () => void = () => undefined;

/* Also while the stream is open: a page that is fetched later brings topics of its own. */
export function on(topic: string, take: Taker): void {
    const known = takers.get(topic);
    takers.set(topic, [...(known ?? []), take]);
    if (!known) source?.addEventListener(topic, (event) => receive(topic, event as MessageEvent<string>));
}

/* Server clock minus ours, learned from an answer that tells its time. */
export function learnClock(serverNow: string, askedAt: number, answeredAt: number): void {
    clockOffsetMs = Date.parse(serverNow) - (askedAt + answeredAt) / 2;
}

export function serverNow(): number {
    return Date.now() + clockOffsetMs;
}

function noteLag(at: unknown): void {
    if (typeof at !== 'string') return;
    const lag = Math.max(0, serverNow() - Date.parse(at));
    if (lag > 60_000) return; // a fact that is told again, not a late one
    const before = lagMs.peek();
    lagMs.value = Math.round(before === undefined ? lag : before * 0.8 + lag * 0.2);
}

function receive(topic: string, event: MessageEvent<string>): void {
    const data: unknown = JSON.parse(event.data);
    if (topic === 'value') noteLag((data as { at?: unknown }).at);
    for (const take of takers.get(topic) ?? []) take(data, topic);
}

function lost(): void {
    if (feed.peek().state !== 'lost') feed.value = { state: 'lost', since: Date.now() };
}

function connect(): void {
    clearTimeout(retry);
    source?.close();
    source = new EventSource(`${apiRoot}/events`);
    source.onopen = () => {
        wait = retryMs.first;
        feed.value = { state: 'live', since: Date.now() };
        onFresh();
    };
    source.onerror = () => {
        lost();
        if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
        clearTimeout(retry);
        retry = setTimeout(connect, wait);
        wait = Math.min(wait * 2, retryMs.max);
    };
    for (const topic of takers.keys())
        source.addEventListener(topic, (event) => receive(topic, event as MessageEvent<string>));
}

/* Browsers give a host six connections over all tabs, so a tab that nobody looks at lets go of its stream after a while,
 * and takes it up again when it is looked at. Returns what ends it. */
const unseenMs = 60_000;

function whileSeen(open: () => void, close: () => void): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOpen = true;
    const look = () => {
        clearTimeout(timer);
        if (document.hidden) timer = setTimeout(() => { isOpen = false; close(); }, unseenMs);
        else if (!isOpen) { isOpen = true; open(); }
    };
    open();
    document.addEventListener('visibilitychange', look);
    return () => {
        clearTimeout(timer);
        document.removeEventListener('visibilitychange', look);
        close();
    };
}

function disconnect(): void {
    clearTimeout(retry);
    source?.close();
    source = undefined;
    feed.value = { state: 'connecting', since: Date.now() };
}

/* Returns what ends it. */
export function startEvents(fresh: () => void): () => void {
    onFresh = fresh;
    addEventListener('online', connect);
    const end = whileSeen(connect, disconnect);
    return () => {
        removeEventListener('online', connect);
        end();
    };
}

/* A stream of its own for one topic that is not part of the common one, such as the frames of a station. */
export function follow(query: string, topic: string, take: (data: unknown) => void): () => void {
    let own: EventSource | undefined;
    const open = () => {
        own = new EventSource(`${apiRoot}/events?${query}`);
        own.addEventListener(topic, (event) => take(JSON.parse((event as MessageEvent<string>).data)));
    };
    return whileSeen(open, () => own?.close());
}
