/* The tree as it is now: what each limit allows, what is kept for cars, what flows. */
import { useSignal } from '@preact/signals';
import * as format from '../../../shared/format';
import { t } from '../../t';
import { Bar } from '../../parts/bar';
import type { LiveEvse, LiveNode } from '../../store/power';
import { Empty } from '../../parts/note';
import { type Shown, fold } from './fold';
import { NodeHistory } from './history';
import { drawn } from './model';

const loudShare = 0.9; // of a limit
const searchFrom = 20; // nodes

export interface Share {
    limit: number;
    reserved: number;
    measured: number | undefined;
    unit: 'A' | 'W';
    line: number | undefined;
}

function sharesOf(node: LiveNode): Share[] {
    const shares: Share[] = [];
    node.limit_a.forEach((limit, line) => {
        if (limit !== null) shares.push({ limit, reserved: node.reserved_a[line] ?? 0, measured: node.measured_a?.[line] ?? undefined, unit: 'A', line });
    });
    if (node.limit_w !== null) shares.push({ limit: node.limit_w, reserved: node.reserved_w, measured: node.measured_w ?? undefined, unit: 'W', line: undefined });
    return shares;
}

const portion = (value: number, share: Share) => value / Math.max(share.limit, 1e-9);

/* Of the three lines and the power limit the one that is fullest: that is what a person has to know. */
export function fullest(node: LiveNode): Share | undefined {
    return sharesOf(node).sort((a, b) => portion(b.reserved, b) - portion(a.reserved, a))[0];
}

/* The one through which most flows. */
export function busiest(node: LiveNode): Share | undefined {
    return sharesOf(node).sort((a, b) => portion(b.measured ?? 0, b) - portion(a.measured ?? 0, a))[0];
}

export const percentOf = (share: Share) => Math.round(portion(share.measured ?? 0, share) * 100);

export function amount(value: number, unit: 'A' | 'W'): string {
    return unit === 'W' ? format.join(format.power(value)) : format.join([format.decimal(value, value >= 99.95 || value % 1 === 0 ? 0 : 1), 'A']);
}

export function Meter({ share, label }: { share: Share; label: string }) {
    return <Bar most={share.limit} may={share.reserved} flows={share.measured} words={t('power.bar', { name: label, flows: amount(share.measured ?? 0, share.unit), reserved: amount(share.reserved, share.unit), limit: amount(share.limit, share.unit) })} />;
}

function Lines({ node }: { node: LiveNode }) {
    return (
        <div class="lines">
            {sharesOf(node).map((share) => {
                const line = share.line === undefined ? 'kW' : `L${share.line + 1}`;
                const said = { flows: amount(share.measured ?? 0, share.unit), reserved: amount(share.reserved, share.unit), limit: amount(share.limit, share.unit) };
                return <div key={line}><small>{line}</small><Meter share={share} label={`${node.name} ${line}`} /><small class="num">{t('power.line_of', said)}</small></div>;
            })}
        </div>
    );
}

/* What flows of what is allowed; more than that may flow at the worst only where stations have not shown that they obey. */
function Amounts({ node, share }: { node: LiveNode; share: Share | undefined }) {
    if (!share) return <span class="limit">{amount(node.measured_w ?? 0, 'W')}</span>;
    return (
        <>
            {share.reserved > share.limit && <span class="tag warn" title={t('power.worst_why')}>{t('power.worst', { most: amount(share.reserved, share.unit) })}</span>}
            <span class="limit">{t('power.of', { reserved: amount(share.measured ?? 0, share.unit), limit: amount(share.limit, share.unit) })}</span>
        </>
    );
}

/* Loud enough to be in sight wherever it hangs. */
function matters(node: LiveNode): boolean {
    const share = fullest(node);
    return node.capped || node.meter_stale || (!!share && share.reserved > loudShare * share.limit);
}

interface RowProps {
    row: Shown<LiveNode>;
    site: string;
    isOpen: boolean;
    onShow: () => void;
    onFold: () => void;
}

function Row({ row: { node: n, level, open, hidden }, site, isOpen, onShow, onFold }: RowProps) {
    const share = fullest(n);
    return (
        <li style={{ '--level': level - 1 }}>
            {open === undefined ? <span class="fold" /> : <button type="button" class="fold plain" aria-expanded={open} aria-label={t(open ? 'power.fold' : 'power.unfold', { name: n.name })} onClick={onFold}>{open ? '▾' : '▸'}</button>}
            <span class={`kind ${n.kind}`} aria-hidden="true" />
            <button type="button" class="plain" aria-expanded={isOpen} title={t('power.show_history')} onClick={onShow}>{n.name}</button>
            {hidden > 0 && <small>{t('power.hidden', { n: hidden })}</small>}
            {n.capped && <span class="tag warn">{t('power.capped')}</span>}
            {n.meter_stale && <span class="tag warn">{t('power.meter_silent')}</span>}
            <Amounts node={n} share={share} />
            {share && <Meter share={share} label={n.name} />}
            {isOpen && <><Lines node={n} /><NodeHistory site={site} node={n.id} name={n.name} /></>}
        </li>
    );
}

function flipped<K>(set: ReadonlySet<K>, key: K): ReadonlySet<K> {
    const now = new Set(set);
    if (!now.delete(key)) now.add(key);
    return now;
}

/* What cars draw through each node and line, where no meter says more. */
export function withDraws(nodes: readonly LiveNode[], evses: readonly LiveEvse[]): LiveNode[] {
    const drawn = new Map<string, [number, number, number, number]>();
    const parents = new Map(nodes.map((n) => [n.id, n.parent]));
    for (const e of evses) {
        if (!e.plugged || e.draw_a === null) continue;
        const seen = new Set<string>();
        for (let id: string | null | undefined = e.node; id && !seen.has(id); id = parents.get(id)) {
            seen.add(id);
            const sums = drawn.get(id) ?? [0, 0, 0, 0];
            for (const phase of e.phases) sums[phase - 1]! += e.draw_a;
            sums[3] += e.draw_w ?? 0;
            drawn.set(id, sums);
        }
    }
    return nodes.map((n) => {
        const sums = drawn.get(n.id) ?? [0, 0, 0, 0];
        const told = n.measured_a?.some((a) => a !== null);
        return { ...n, measured_a: told ? n.measured_a : sums.slice(0, 3), measured_w: n.measured_w ?? sums[3] };
    });
}

export function LiveTree({ site, nodes }: { site: string; nodes: readonly LiveNode[] }) {
    const shown = useSignal<ReadonlySet<string>>(new Set());
    const said = useSignal<ReadonlyMap<string, boolean>>(new Map());
    const find = useSignal('');
    const rows = fold(drawn(nodes), { said: said.value, find: find.value, textOf: (n) => `${n.name} ${n.id}`, matters });
    return (
        <>
            {nodes.length > searchFrom && <div class="pad tree-find"><input type="search" aria-label={t('power.find_node')} placeholder={t('power.find_node')} value={find.value} onInput={(e) => (find.value = e.currentTarget.value)} /></div>}
            <ul class="limits live">
                {rows.map((row) => (
                    <Row key={row.node.id} row={row} site={site} isOpen={shown.value.has(row.node.id)}
                         onShow={() => (shown.value = flipped(shown.value, row.node.id))}
                         onFold={() => (said.value = new Map(said.value).set(row.node.id, !row.open))} />
                ))}
            </ul>
            {rows.length === 0 && <Empty title={t('power.nothing_found')} />}
        </>
    );
}
