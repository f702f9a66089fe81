/* A live list: one signal a row, so that a changed value touches only the cells that show it, and one slow signal for
 * what looks at all rows (order, filters, sums). */
import { type Signal, batch, signal } from '@preact/signals';

export type Loading = 'loading' | 'ready' | 'failed';

const slowMs = 250;

export class Collection<T> {
    readonly state = signal<Loading>('loading');
    /* Grows when any row has changed, at most four times a second. */
    readonly changed = signal(0);
    private readonly signals = new Map<string, Signal<T>>();
    private readonly touchedAt = new Map<string, number>();
    private readonly idOf: (row: T) => string;
    private timer: ReturnType<typeof setTimeout> | undefined;

    constructor(idOf: (row: T) => string) {
        this.idOf = idOf;
    }

    private announce(): void {
        this.timer ??= setTimeout(() => {
            this.timer = undefined;
            this.changed.value++;
        }, slowMs);
    }

    get(id: string): Signal<T> | undefined {
        return this.signals.get(id);
    }

    /* Reading it makes the reader depend on `changed`. */
    all(): T[] {
        void this.changed.value;
        return this.rows();
    }

    /* The same without depending on anything. */
    rows(): T[] {
        return [...this.signals.values()].map((row) => row.peek());
    }

    get size(): number {
        return this.signals.size;
    }

    put(row: T): void {
        const id = this.idOf(row);
        const known = this.signals.get(id);
        if (known) known.value = row;
        else this.signals.set(id, signal(row));
        this.touchedAt.set(id, performance.now());
        this.announce();
    }

    patch(id: string, changes: Partial<T>): void {
        const known = this.signals.get(id);
        if (known) this.put({ ...known.peek(), ...changes });
    }

    drop(id: string): void {
        this.signals.delete(id);
        this.touchedAt.set(id, performance.now());
        this.changed.value++;
    }

    /* A snapshot that was asked for at `askedAt`. What an event has changed since then is newer, and stays. */
    replace(rows: T[], askedAt: number): void {
        const newer = (id: string) => (this.touchedAt.get(id) ?? -1) >= askedAt;
        const ids = new Set(rows.map(this.idOf));
        batch(() => {
            for (const id of [...this.signals.keys()]) if (!ids.has(id) && !newer(id)) this.signals.delete(id);
            for (const row of rows) if (!newer(this.idOf(row))) this.put(row);
            this.state.value = 'ready';
            this.changed.value++;
        });
        this.touchedAt.clear();
    }

    fail(): void {
        if (this.state.peek() === 'loading') this.state.value = 'failed';
    }
}
