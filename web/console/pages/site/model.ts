/* The power document as a page edits it: a tree kept as a list of nodes, each naming its parent. Pure: every change
 * gives a new list, so that undoing is keeping the old one. */

import type { PowerDocument, PowerNode } from '../../store/types.gen';

export const kinds = ['grid', 'transformer', 'panel', 'circuit', 'station', 'evse'] as const;
export type Kind = (typeof kinds)[number];

export type { PowerNode };

/* A document in work always has a mode and nodes. */
export type Whole = PowerDocument & Required<Pick<PowerDocument, 'mode' | 'nodes'>>;

export function whole(doc: PowerDocument): Whole {
    return { ...doc, mode: doc.mode ?? 'equal', nodes: doc.nodes ?? [] };
}

export function childrenOf(nodes: readonly PowerNode[], id: string | undefined): PowerNode[] {
    return nodes.filter((n) => n.parent === id);
}

export function nodeOf(nodes: readonly PowerNode[], id: string | undefined): PowerNode | undefined {
    return nodes.find((n) => n.id === id);
}

interface Hung {
    id: string;
    parent?: string | null;
}

export interface Placed<N = PowerNode> {
    node: N;
    level: number; // from 1, as aria-level counts
    at: number;    // place among its siblings, from 1
    of: number;
}

/* As it is drawn, from the top down. What hangs on a parent that is not there, or on itself, is drawn as a root: an
 * imported document may be wrong, and has to be seen to be mended. */
export function drawn<N extends Hung>(nodes: readonly N[]): Placed<N>[] {
    const seen = new Set<string>();
    const out: Placed<N>[] = [];
    const ids = new Set(nodes.map((n) => n.id));
    const below = new Map<string, N[]>();
    for (const n of nodes)
        if (n.parent) below.set(n.parent, [...(below.get(n.parent) ?? []), n]);
    const walk = (some: N[], level: number) => {
        const fresh = some.filter((n) => !seen.has(n.id));
        fresh.forEach((node, i) => {
            if (seen.has(node.id)) return;
            seen.add(node.id);
            out.push({ node, level, at: i + 1, of: fresh.length });
            walk(below.get(node.id) ?? [], level + 1);
        });
    };
    walk(nodes.filter((n) => !n.parent || !ids.has(n.parent)), 1);
    walk(nodes.filter((n) => !seen.has(n.id)), 1);
    return out;
}

export function isWithin(nodes: readonly PowerNode[], id: string, above: string): boolean {
    const seen = new Set<string>();
    for (let at = nodeOf(nodes, id); at && !seen.has(at.id); at = nodeOf(nodes, at.parent)) {
        if (at.id === above) return true;
        seen.add(at.id);
    }
    return false;
}

/* What may hang on what: the grid connection on nothing, an EVSE on its station, a station on any of the others. */
export function mayHold(parent: Kind | undefined, child: Kind): boolean {
    if (child === 'grid') return parent === undefined;
    if (child === 'evse') return parent === 'station';
    return parent !== undefined && parent !== 'station' && parent !== 'evse';
}

export function mayMove(nodes: readonly PowerNode[], id: string, parent: string): boolean {
    const node = nodeOf(nodes, id);
    const to = nodeOf(nodes, parent);
    return !!node && !!to && mayHold(to.kind, node.kind) && !isWithin(nodes, parent, id);
}

/* Under `parent`, before its child `before`; at the end when that is undefined. The same list where it may not. */
export function move(nodes: readonly PowerNode[], id: string, parent: string, before?: string): readonly PowerNode[] {
    if (!mayMove(nodes, id, parent) || before === id) return nodes;
    const node = { ...nodeOf(nodes, id)!, parent };
    const others = nodes.filter((n) => n.id !== id);
    const at = before === undefined ? -1 : others.findIndex((n) => n.id === before);
    return at < 0 ? [...others, node] : [...others.slice(0, at), node, ...others.slice(at)];
}

/* One place up or down among its siblings; out of its parent, to stand behind it; into the sibling above it. */
export type Step = 'up' | 'down' | 'out' | 'in';

export function step(nodes: readonly PowerNode[], id: string, way: Step): readonly PowerNode[] {
    const node = nodeOf(nodes, id);
    const parent = node && nodeOf(nodes, node.parent);
    if (!node || !parent) return nodes;
    const siblings = childrenOf(nodes, parent.id);
    const at = siblings.findIndex((n) => n.id === id);
    if (way === 'up') return at > 0 ? move(nodes, id, parent.id, siblings[at - 1]!.id) : nodes;
    if (way === 'down') return at < siblings.length - 1 ? move(nodes, id, parent.id, siblings[at + 2]?.id) : nodes;
    if (way === 'in') return at > 0 ? move(nodes, id, siblings[at - 1]!.id) : nodes;
    if (parent.parent === undefined) return nodes;
    const uncles = childrenOf(nodes, parent.parent);
    return move(nodes, id, parent.parent, uncles[uncles.findIndex((n) => n.id === parent.id) + 1]?.id);
}

/* With all that hangs on it. */
export function remove(nodes: readonly PowerNode[], id: string): readonly PowerNode[] {
    return nodes.filter((n) => !isWithin(nodes, n.id, id));
}

/* The fields given; an undefined one is taken off. */
export function change(nodes: readonly PowerNode[], id: string, fields: Partial<PowerNode>): readonly PowerNode[] {
    return nodes.map((n) => {
        if (n.id !== id) return n;
        const changed: PowerNode = { ...n, ...fields };
        for (const key of Object.keys(changed) as (keyof PowerNode)[]) if (changed[key] === undefined) delete changed[key];
        return changed;
    });
}

export function freeId(nodes: readonly PowerNode[], wish: string): string {
    const base = wish.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40) || 'node';
    const taken = new Set(nodes.map((n) => n.id));
    let id = base;
    for (let n = 2; taken.has(id); n++) id = `${base}-${n}`;
    return id;
}

export function add(nodes: readonly PowerNode[], parent: string | undefined, kind: Kind, fields: Partial<PowerNode>): { nodes: readonly PowerNode[]; id: string } {
    const id = freeId(nodes, String(fields.name || fields.station || kind));
    return { nodes: [...nodes, { ...fields, id, kind, ...(parent === undefined ? {} : { parent }) }], id };
}

export interface KnownStation {
    id: string;
    name: string;
    evses: readonly { id: number }[];
}

/* A station with the EVSEs that it has, each with this breaker; one EVSE needs no node of its own. */
export function addStation(nodes: readonly PowerNode[], parent: string, station: KnownStation, breakerA: number): readonly PowerNode[] {
    const evses = station.evses.filter((e) => e.id > 0);
    const alone = evses.length < 2;
    const made = add(nodes, parent, 'station', { station: station.id, ...(station.name ? { name: station.name } : {}), ...(alone ? { limit_a: breakerA } : {}) });
    if (alone) return made.nodes;
    return evses.reduce((list, e) => add(list, made.id, 'evse', { evse: e.id, name: `${station.name || station.id} · ${e.id}`, limit_a: breakerA }).nodes, made.nodes);
}

/* What a new site begins with: one limit, and all its stations under it, each plug behind a like breaker. */
export function begin({ limitA, breakerA, loadA }: { limitA: number; breakerA: number; loadA: number }, name: string, stations: readonly KnownStation[]): Whole {
    const grid = add([], undefined, 'grid', { name, limit_a: limitA, ...(loadA ? { load_a: loadA } : {}) });
    return { mode: 'equal', nodes: [...stations.reduce((list, s) => addStation(list, grid.id, s, breakerA), grid.nodes)] };
}

/* The stations of the site that stand nowhere in the tree. */
export function missing<T extends KnownStation>(nodes: readonly PowerNode[], stations: readonly T[]): T[] {
    const there = new Set(nodes.map((n) => n.station));
    return stations.filter((s) => !there.has(s.id));
}

/* "nodes[3].limit_a" of a finding is about this node and field. */
export function findingPlace(nodes: readonly PowerNode[], path: string): { node?: PowerNode; field?: string } {
    const found = /^nodes\[(\d+)\](?:\.(\w+))?/.exec(path);
    return found ? { node: nodes[Number(found[1])], field: found[2] } : {};
}
