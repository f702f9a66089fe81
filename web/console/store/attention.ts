/* What needs a person, most urgent first: stations that knock, and what the server found. Stations of one site that are
 * away are one thing to look at, not twenty. */
import { computed } from '@preact/signals';
import { said } from '../parts/said';
import { t, word } from '../t';
import { attention as found, inbox, siteName, stations } from './live';
import type { Attention, InboxEntry } from './types.gen';

export interface Matter {
    key: string;
    shape: 'faulted' | 'preparing' | 'offline' | 'available';
    title: string;
    why: string;
    href: string;
    adopt?: InboxEntry;
}

const shapeOf: Record<Attention['severity'], Matter['shape']> = { error: 'faulted', warning: 'preparing', info: 'offline' };

function stationPath(id: string): string {
    return `/stations/${encodeURIComponent(id)}`;
}

function nameOf(id: string): string {
    const name = stations.get(id)?.peek().name;
    return name ? `${name} · ${id}` : id;
}

function hrefOf(a: Attention): string {
    if (a.kind === 'review') return '/settings/review';
    if (a.kind === 'storage') return '/settings/about';
    if (a.session) return `/sessions/${a.session}`;
    if (!a.station) return '/settings/review';
    return a.kind === 'no_password' || a.kind === 'oversize' || a.kind.startsWith('refused') || a.kind === 'password_pending' ? `${stationPath(a.station)}/details` : stationPath(a.station);
}

/* A fault of a plug names the plug; the rest is what the kind means. */
function saidOf(a: Attention): string {
    return said(a.kind === 'faulted' && a.args.evse ? 'faulted_at' : a.kind, a.args, a.text);
}

function toDo(a: Attention): string {
    const words = word('to_do', a.kind);
    return words === a.kind.replace(/_/g, ' ') ? a.action ?? '' : words;
}

function one(a: Attention, i: number): Matter {
    return {
        key: `${a.kind} ${a.station ?? ''} ${a.session ?? i}`,
        shape: a.kind === 'offline' ? 'offline' : shapeOf[a.severity],
        title: a.station ? `${word('attention', a.kind)} · ${nameOf(a.station)}` : word('attention', a.kind),
        why: [saidOf(a), toDo(a)].filter(Boolean).join(' '), href: hrefOf(a),
    };
}

/* Items of one kind at one site, from three on, as one. */
const foldedFrom = 3;

function folded(items: Attention[]): Matter[] {
    const groups = new Map<string, Attention[]>();
    for (const a of items) {
        const site = a.station ? stations.get(a.station)?.peek().site ?? '' : '';
        const key = a.station ? `${a.kind} ${site}` : `${a.kind} ${groups.size} alone`;
        groups.set(key, [...(groups.get(key) ?? []), a]);
    }
    return [...groups.values()].flatMap((group): Matter[] => {
        const first = group[0]!;
        if (group.length < foldedFrom) return group.map(one);
        const site = stations.get(first.station!)?.peek().site ?? '';
        const state = first.kind === 'offline' || first.kind === 'faulted' ? first.kind : '';
        return [{
            ...one(first, 0), key: `${first.kind} at ${site}`,
            title: `${word('attention', first.kind)} · ${t(site ? 'attention.many' : 'attention.many_alone', { n: group.length, site: siteName(site) })}`,
            why: `${group.slice(0, 6).map((a) => stations.get(a.station!)?.peek().name || a.station).join(', ')}${group.length > 6 ? ' …' : '.'} ${toDo(first)}`,
            href: `/stations?site=${encodeURIComponent(site || 'none')}${state ? `&state=${state}` : ''}`,
        }];
    });
}

/* From three on they are one matter: they are looked at side by side, and may be adopted at once. */
function knocking(): Matter[] {
    const items = inbox.all().sort((a, b) => a.identity.localeCompare(b.identity, undefined, { numeric: true }));
    const all = { shape: 'available' as const, href: '/stations?connect=1' };
    if (items.length >= foldedFrom)
        return [{ ...all, key: 'inbox', title: t('inbox.many', { n: items.length }), why: `${items.slice(0, 6).map((i) => i.identity).join(', ')}${items.length > 6 ? ' …' : ''}` }];
    return items.map((i) => ({ ...all, key: `inbox ${i.identity}`, adopt: i, title: t('inbox.knocks', { id: i.identity }), why: t('inbox.why', { n: i.attempts, peer: i.peer }) }));
}

export const matters = computed<Matter[]>(() => {
    void stations.changed.value;
    return [...knocking(), ...folded(found.value ?? [])];
});

export const attentionCount = computed(() => matters.value.length);
