/* The tree as it is now: what each limit allows, what is kept for cars, what flows. */
import { useSignal } from '@preact/signals';
import * as format from '../../../shared/format';
import { t } from '../../t';
import type { LiveNode } from '../../store/power';
import { drawn } from './model';

export interface Share {
    limit: number;
    reserved: number;
    measured: number | undefined;
    unit: 'A' | 'W';
    line: number | undefined;
}

/* Of the three lines and the power limit the one that is fullest: that is what a person has to know. */
export function fullest(node: LiveNode): Share | undefined {
    const shares: Share[] = [];
    node.limit_a.forEach((limit, line) => {
        if (limit !== null) shares.push({ limit, reserved: node.reserved_a[line] ?? 0, measured: node.measured_a?.[line] ?? undefined, unit: 'A', line });
    });
    if (node.limit_w !== null) shares.push({ limit: node.limit_w, reserved: node.reserved_w, measured: node.measured_w ?? undefined, unit: 'W', line: undefined });
    const full = (s: Share) => s.reserved / Math.max(s.limit, 1e-9);
    return shares.sort((a, b) => full(b) - full(a))[0];
}

export function amount(value: number, unit: 'A' | 'W'): string {
    return unit === 'W' ? format.join(format.power(value)) : format.join([format.decimal(value, value >= 99.95 || value % 1 === 0 ? 0 : 1), 'A']);
}

export function Meter({ share, label }: { share: Share; label: string }) {
    const percent = (v: number) => `${Math.max(0, Math.min(100, (v / Math.max(share.limit, 1e-9)) * 100)).toFixed(1)}%`;
    const over = share.reserved > share.limit + 1e-6;
    const words = t('power.bar', { name: label, reserved: amount(share.reserved, share.unit), limit: amount(share.limit, share.unit) });
    return (
        <span class={`meter${over ? ' over' : ''}`} role="img" aria-label={words} title={words}>
            <i class="reserved" style={{ width: percent(share.reserved) }} />
            {share.measured !== undefined && <i class="measured" style={{ width: percent(share.measured) }} />}
        </span>
    );
}

function Lines({ node }: { node: LiveNode }) {
    const rows = node.limit_a.flatMap((limit, line) => limit === null ? [] : [{ limit, line }]);
    return (
        <div class="lines">
            {rows.map(({ limit, line }) => {
                const share: Share = { limit, reserved: node.reserved_a[line] ?? 0, measured: node.measured_a?.[line] ?? undefined, unit: 'A', line };
                return <div key={line}><small>L{line + 1}</small><Meter share={share} label={`${node.name} L${line + 1}`} /><small class="num">{amount(share.reserved, 'A')} / {amount(limit, 'A')}{share.measured === undefined ? '' : ` · ${t('power.flows', { a: amount(share.measured, 'A') })}`}</small></div>;
            })}
            {node.limit_w !== null && <div><small>kW</small><Meter share={{ limit: node.limit_w, reserved: node.reserved_w, measured: node.measured_w ?? undefined, unit: 'W', line: undefined }} label={node.name} /><small class="num">{amount(node.reserved_w, 'W')} / {amount(node.limit_w, 'W')}</small></div>}
        </div>
    );
}

export function LiveTree({ nodes }: { nodes: readonly LiveNode[] }) {
    const open = useSignal<ReadonlySet<string>>(new Set());
    const shown = drawn(nodes);
    const flip = (id: string) => {
        const now = new Set(open.value);
        if (!now.delete(id)) now.add(id);
        open.value = now;
    };
    return (
        <ul class="limits live">
            {shown.map(({ node: n, level }) => {
                const share = fullest(n);
                const isOpen = open.value.has(n.id);
                return (
                    <li key={n.id} style={{ '--level': level - 1 }}>
                        <span class={`kind ${n.kind}`} aria-hidden="true" />
                        <button type="button" class="plain" aria-expanded={isOpen} onClick={() => flip(n.id)}>{n.name}</button>
                        {n.capped && <span class="tag warn">{t('power.capped')}</span>}
                        {n.meter_stale && <span class="tag warn">{t('power.meter_silent')}</span>}
                        <span class="limit">{share ? t('power.of', { reserved: amount(share.reserved, share.unit), limit: amount(share.limit, share.unit) }) : amount(n.reserved_w, 'W')}</span>
                        {share && <Meter share={share} label={n.name} />}
                        {isOpen && <Lines node={n} />}
                    </li>
                );
            })}
        </ul>
    );
}
