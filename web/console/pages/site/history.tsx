/* The last day of one limit: what flowed, what might have, and what was allowed. */
import { useEffect } from 'preact/hooks';
import * as format from '../../../shared/format';
import { useAsk } from '../../parts/ask';
import { Bones, ProblemNote } from '../../parts/note';
import { type Line, Plot } from '../../parts/plot';
import { now } from '../../parts/time';
import type { PowerStep } from '../../store/types.gen';
import { t } from '../../t';

const againMs = 60_000;

function fullestOf(items: readonly PowerStep[]): PowerStep | undefined {
    return items.reduce<PowerStep | undefined>((most, s) => (!most || s.full_percent > most.full_percent ? s : most), undefined);
}

export function NodeHistory({ site, node, name }: { site: string; node: string; name: string }) {
    const asked = useAsk<{ step_s: number; items: PowerStep[] }>(`/sites/${site}/power/nodes/${encodeURIComponent(node)}/history`);
    useEffect(() => {
        const timer = setInterval(asked.again, againMs);
        return () => clearInterval(timer);
    }, [site, node]);
    const found = asked.data.value;
    if (!found) return asked.problem.value ? <ProblemNote problem={asked.problem.value} /> : <Bones lines={3} />;
    const most = fullestOf(found.items);
    if (!most) return <small>{t('power.history_soon')}</small>;
    const at = found.items.map((s) => Date.parse(s.at) / 1000);
    const until = at[at.length - 1]! + found.step_s;
    const values = (of: (s: PowerStep) => number | null) => [...found.items.map(of), of(found.items[found.items.length - 1]!)];
    const lines: Line[] = ([
        { label: t('power.flowed'), colour: 'charging', values: values((s) => s.drawn_w), fill: true, stepped: true },
        { label: t('power.kept_most'), colour: 'offline', values: values((s) => s.reserved_w), dashed: true, stepped: true, width: 1 },
        { label: t('power.line_limit'), colour: 'faulted', values: values((s) => s.limit_w), dashed: true, stepped: true, width: 1.5 },
    ] as Line[]).filter((l) => l.values.some((v) => v !== null));
    const words = t('power.fullest_at', { percent: Math.round(most.full_percent), at: format.moment(most.at, now.value) });
    return (
        <div class="history">
            <Plot at={[...at, until]} lines={lines} height={170} summary={`${name}: ${words}`} />
            <small>{words} {t('power.history_kept')}</small>
        </div>
    );
}
