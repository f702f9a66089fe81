/* Where the reader is: the path and query of the address bar, as one signal, and links that do not reload. */
import { computed, signal } from '@preact/signals';

export interface Place {
    path: string;
    query: URLSearchParams;
}

function read(): Place {
    return { path: decodeURI(location.pathname), query: new URLSearchParams(location.search) };
}

export const place = signal<Place>(read());
export const path = computed(() => place.value.path);

export function go(to: string, replace = false): void {
    if (replace) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    const before = place.peek().path;
    place.value = read();
    if (before !== place.peek().path) scrollTo(0, 0);
}

/* Changes some parameters and keeps the others; empty ones are taken out. Filters stay in the address. */
export function setQuery(changes: Record<string, string | undefined>): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes))
        if (value) query.set(name, value);
        else query.delete(name);
    const words = query.toString();
    go(location.pathname + (words ? `?${words}` : ''), true);
}

export function query(name: string): string {
    return place.value.query.get(name) ?? '';
}

/* "/stations/:id/:tab?" against a path; the named parts, or undefined when it does not match. */
export function match(pattern: string, to: string): Record<string, string> | undefined {
    const want = pattern.split('/').filter(Boolean);
    const have = to.split('/').filter(Boolean);
    const found: Record<string, string> = {};
    if (have.length > want.length) return undefined;
    for (const [i, part] of want.entries()) {
        const value = have[i];
        if (part.startsWith(':')) {
            if (value === undefined && !part.endsWith('?')) return undefined;
            if (value !== undefined) found[part.replace(/[:?]/g, '')] = decodeURIComponent(value);
        } else if (part !== value) return undefined;
    }
    return found;
}

function linkOf(event: MouseEvent): HTMLAnchorElement | undefined {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return undefined;
    const link = (event.target as Element).closest?.('a');
    if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) return undefined;
    return link.pathname.startsWith('/api/') ? undefined : link;
}

export function startRouter(): void {
    addEventListener('popstate', () => (place.value = read()));
    document.addEventListener('click', (event) => {
        const link = linkOf(event);
        if (!link || (link.pathname === location.pathname && link.hash)) return;
        event.preventDefault();
        go(link.pathname + link.search);
    });
}
