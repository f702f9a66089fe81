/* The power of all sites at once, and what each car may draw and why. The sums are patched by what is pushed
 * (`site.power`); limits and reasons are read again a moment after, as long as somebody looks. */
import { computed, signal } from '@preact/signals';
import { request } from '../../shared/api';
import { on } from '../../shared/events';
import { openSessions } from './live';
import type { PowerNow, PowerNowCar, PowerNowSite } from './types.gen';

export const sitePower = signal<ReadonlyMap<string, PowerNowSite>>(new Map());
/* Until then it is not known whether anybody shares power. */
export const powerRead = signal(false);
/* By session. */
export const carPower = signal<ReadonlyMap<string, PowerNowCar>>(new Map());

/* What all connections carry together, where every car that charges stands behind one that is known. */
export const limitOfAll = computed(() => {
    const known = sitePower.value;
    void openSessions.changed.value;
    if (known.size === 0 || openSessions.rows().some((s) => !s.site || !known.has(s.site))) return undefined;
    let sum = 0;
    for (const { limit_w } of known.values()) {
        if (limit_w === null) return undefined;
        sum += limit_w;
    }
    return sum;
});

const carsAsked = 50;
const settleMs = 1500;
let lookers = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

async function read(): Promise<void> {
    timer = undefined;
    if (document.hidden) return;
    try {
        const found = await request<PowerNow>('GET', `/power?cars=${carsAsked}`);
        sitePower.value = new Map(found.sites.map((s) => [s.site, s]));
        powerRead.value = true;
        carPower.value = new Map(found.cars.flatMap((c) => (c.session ? [[c.session, c]] : [])));
    } catch {
        // what is shown stays; the head of the page says that the server is away
    }
}

function again(): void {
    if (lookers > 0) timer ??= setTimeout(() => void read(), settleMs);
}

function take(data: unknown): void {
    const pushed = data as Partial<PowerNowSite>;
    const before = sitePower.peek().get(pushed.site ?? '');
    if (before)
        sitePower.value = new Map(sitePower.peek()).set(before.site, {
            ...before, cars_w: pushed.cars_w ?? before.cars_w, offered_w: pushed.offered_w ?? before.offered_w,
            limit_w: pushed.limit_w === undefined ? before.limit_w : pushed.limit_w, over: pushed.over ?? before.over,
        });
    again();
}

let listening = false;

/* Returns what ends it. */
export function watchAll(): () => void {
    if (!listening) {
        on('site.power', take);
        for (const topic of ['session.started', 'session.ended', 'cap.set', 'cap.cleared', 'limit.disobeyed', 'reset']) on(topic, again);
        document.addEventListener('visibilitychange', again);
    }
    listening = true;
    lookers++;
    void read();
    return () => void lookers--;
}
