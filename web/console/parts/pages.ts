/* A list that comes page by page from the server. */
import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Page, type Problem, request } from '../../shared/api';
import { asProblem } from './ask';

export interface Pages<T> {
    items: Signal<T[] | undefined>;
    more: { readonly value: boolean };
    busy: Signal<boolean>;
    problem: Signal<Problem | undefined>;
    next: () => void;
    /* Reads the first page anew. */
    again: () => void;
}

/* `path` carries the filters. */
export function usePages<T>(path: string): Pages<T> {
    const items = useSignal<T[] | undefined>(undefined);
    const cursor = useSignal<string | undefined>(undefined);
    const busy = useSignal(false);
    const problem = useSignal<Problem | undefined>(undefined);
    const turn = useRef(0);
    const read = async (from: string | undefined) => {
        const mine = ++turn.current;
        busy.value = true;
        try {
            const page = await request<Page<T>>('GET', from ? `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(from)}` : path);
            if (mine !== turn.current) return;
            items.value = from ? [...(items.peek() ?? []), ...page.items] : page.items;
            cursor.value = page.next_cursor ?? undefined;
            problem.value = undefined;
        } catch (error) {
            if (mine === turn.current) problem.value = asProblem(error);
        }
        if (mine === turn.current) busy.value = false;
    };
    useEffect(() => void read(undefined), [path]);
    const more = useComputed(() => cursor.value !== undefined);
    return { items, more, busy, problem, next: () => void read(cursor.peek()), again: () => void read(undefined) };
}
