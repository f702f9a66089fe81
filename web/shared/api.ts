/* The REST API from a page: JSON in and out, problem details as errors, a key against doing things twice. */
import { signal } from '@preact/signals';

export const apiRoot = '/api/v1';

/* RFC 9457, as the server sends it; status 0: no server answered. */
export class Problem extends Error {
    readonly status: number;
    readonly body: Record<string, unknown>;

    constructor(status: number, message: string, body: Record<string, unknown> = {}) {
        super(message);
        this.status = status;
        this.body = body;
    }
}

export interface Options {
    signal?: AbortSignal;
    etag?: string;
    type?: string;
    /* Where a list goes on that is no JSON. */
    onNext?: (cursor: string) => void;
    /* The version of what was read or written, for the next change. */
    onEtag?: (etag: string) => void;
}

/* True once the server has said that nobody is logged in. */
export const loggedOut = signal(false);

function idempotencyKey(): string {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

function headersFor(method: string, body: unknown, options: Options): Record<string, string> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = options.type ?? 'application/json';
    if (method === 'POST') headers['Idempotency-Key'] = idempotencyKey();
    if (options.etag) headers['If-Match'] = options.etag;
    return headers;
}

async function read(response: Response): Promise<unknown> {
    if (response.status === 204) return undefined;
    const words = await response.text();
    if (!(response.headers.get('Content-Type') ?? '').includes('json')) return words;
    return words === '' ? undefined : JSON.parse(words);
}

export async function request<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<T> {
    let response: Response;
    try {
        response = await fetch(apiRoot + path, {
            method, headers: headersFor(method, body, options), credentials: 'same-origin',
            body: body === undefined ? undefined : options.type ? String(body) : JSON.stringify(body),
            signal: options.signal,
        });
    } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') throw error;
        throw new Problem(0, 'The server does not answer.');
    }
    const answer = await read(response);
    const etag = response.headers.get('ETag');
    if (response.ok && etag) options.onEtag?.(etag);
    const next = response.headers.get('Voltd-Next-Cursor');
    if (response.ok && next) options.onNext?.(next);
    if (response.ok) return answer as T;
    if (response.status === 401 && path !== '/login') loggedOut.value = true;
    const problem = (typeof answer === 'object' && answer ? answer : {}) as Record<string, unknown>;
    throw new Problem(response.status, String(problem.detail ?? problem.title ?? response.statusText), problem);
}

export interface Page<T> {
    items: T[];
    next_cursor?: string | null;
}

export type Query = Record<string, string | number | boolean | undefined | null>;

export function withQuery(path: string, query: Query): string {
    const parts = Object.entries(query)
        .filter(([, v]) => v !== undefined && v !== null && v !== '')
        .map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`);
    return parts.length ? `${path}?${parts.join('&')}` : path;
}

/* All items of a list, page by page, handed over as they come. */
export async function everyPage<T>(path: string, query: Query, take: (items: T[]) => void): Promise<void> {
    let cursor: string | undefined;
    do {
        const page: Page<T> = await request('GET', withQuery(path, { limit: 1000, ...query, cursor }));
        take(page.items);
        cursor = page.next_cursor ?? undefined;
    } while (cursor);
}

/* All parts of a list in CSV. */
export async function everyPart(path: string, query: Query): Promise<string[]> {
    const parts: string[] = [];
    let cursor: string | undefined;
    do {
        const asked = withQuery(path, { ...query, cursor });
        cursor = undefined;
        parts.push(await request<string>('GET', asked, undefined, { onNext: (next) => { cursor = next; } }));
    } while (cursor);
    return parts;
}

/* The same request for a shell; the key comes from the environment, as no page holds one. */
export function asCurl(method: string, path: string, body?: unknown): string {
    const quote = (s: string) => `'${s.replace(/'/g, `'\\''`)}'`;
    const lines = [`curl -X ${method} ${quote(location.origin + apiRoot + path)}`, `-H "Authorization: Bearer $VOLTD_KEY"`];
    if (body !== undefined) lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(body))}`);
    return lines.join(' \\\n  ');
}
