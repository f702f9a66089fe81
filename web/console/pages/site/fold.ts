/* Which rows of a tree are in sight: all of a small one; of a large one what matters first, and what a person opens or looks
 * for. Pure. */
import type { Placed } from './model';

interface Node {
    id: string;
    parent?: string | null;
    kind: string;
}

export interface Shown<N> extends Placed<N> {
    /* undefined: nothing hangs on it. */
    open: boolean | undefined;
    /* How many hang on it and are out of sight. */
    hidden: number;
}

interface How<N> {
    /* What a person opened (true) or closed (false), by id. */
    said: ReadonlyMap<string, boolean>;
    find: string;
    textOf: (node: N) => string;
    /* In sight wherever it is: full, capped, wrong. */
    matters: (node: N) => boolean;
}

export const largeFrom = 40;
const loudMax = 5; // of each that is closed
const loudAllMax = 10; // where all is loud, nothing is

/* In a large tree all are open but those that hold nothing except stations and plugs. */
function isOpenAtFirst(below: readonly Node[], large: boolean): boolean {
    return !large || below.some((n) => n.kind !== 'station' && n.kind !== 'evse');
}

function found<N extends Node>(rows: readonly Placed<N>[], parents: ReadonlyMap<string, string | undefined>, how: How<N>): Set<string> {
    const words = how.find.trim().toLowerCase();
    const keep = new Set<string>();
    for (const { node } of rows) {
        if (!how.textOf(node).toLowerCase().includes(words)) continue;
        for (let id: string | undefined = node.id; id !== undefined && !keep.has(id); id = parents.get(id)) keep.add(id);
    }
    return keep;
}

export function fold<N extends Node>(rows: readonly Placed<N>[], how: How<N>): Shown<N>[] {
    const parents = new Map(rows.map(({ node }) => [node.id, node.parent ?? undefined]));
    const below = new Map<string, N[]>();
    for (const { node } of rows)
        if (node.parent) below.set(node.parent, [...(below.get(node.parent) ?? []), node]);
    const large = rows.length > largeFrom;
    const keep = how.find.trim() ? found(rows, parents, how) : undefined;
    const open = new Map<string, boolean>();
    const seen = new Set<string>();
    const loud = new Map<string, number>();
    let loudAll = 0;
    const closedAbove = (id: string): string | undefined => {
        const walked = new Set<string>();
        let closed: string | undefined;
        for (let at = parents.get(id); at !== undefined && !walked.has(at); at = parents.get(at)) {
            walked.add(at);
            if (open.get(at) === false) closed = at;
        }
        return closed;
    };
    for (const { node } of rows) {
        const kids = below.get(node.id);
        if (kids) open.set(node.id, keep ? kids.some((k) => keep.has(k.id)) : how.said.get(node.id) ?? isOpenAtFirst(kids, large));
    }
    for (const { node } of rows) {
        if (keep) {
            if (keep.has(node.id)) seen.add(node.id);
            continue;
        }
        const closed = closedAbove(node.id);
        if (closed === undefined) seen.add(node.id);
        else if (loudAll < loudAllMax && how.matters(node) && (loud.get(closed) ?? 0) < loudMax) {
            loudAll++;
            loud.set(closed, (loud.get(closed) ?? 0) + 1);
            seen.add(node.id);
        }
    }
    const hidden = new Map<string, number>();
    for (const { node } of rows)
        if (!seen.has(node.id)) {
            const walked = new Set<string>();
            for (let at = parents.get(node.id); at !== undefined && !walked.has(at); at = parents.get(at)) {
                walked.add(at);
                hidden.set(at, (hidden.get(at) ?? 0) + 1);
            }
        }
    return rows.filter(({ node }) => seen.has(node.id)).map((row) => ({ ...row, open: open.get(row.node.id), hidden: hidden.get(row.node.id) ?? 0 }));
}
