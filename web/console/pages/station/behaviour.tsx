/* How a station takes limits: what it said, what it showed, and the way to find out anew. */
import { request } from '../../../shared/api';
import { useAsk, useDeed } from '../../parts/ask';
import { ProblemNote } from '../../parts/note';
import { Shape } from '../../parts/state';
import { Ago } from '../../parts/time';
import { toast } from '../../parts/toast';
import { may } from '../../store/me';
import type { Behaviour, Station } from '../../store/types.gen';
import { type Key, t } from '../../t';

/* In the order in which a person asks. */
const proofs: readonly [key: string, label: Key][] = [
    ['smart', 'behaviour.smart'], ['obeys', 'behaviour.obeys'], ['leases', 'behaviour.leases'], ['fallback', 'behaviour.fallback'], ['station_max', 'behaviour.station_max'],
    ['zero', 'behaviour.zero'], ['tenths', 'behaviour.tenths'], ['reports', 'behaviour.reports'], ['dynamic', 'behaviour.dynamic'],
];

function latency(record: Record<string, unknown>): string {
    const all = (record.latency_ms as number[] | undefined) ?? [];
    return all.length ? `${(Math.max(...all) / 1000).toFixed(1)} s` : '';
}

export function BehaviourCard({ station }: { station: Station }) {
    const path = `/stations/${encodeURIComponent(station.id)}`;
    const asked = useAsk<Behaviour>(station.site ? `${path}/behaviour` : undefined);
    const probe = useDeed(() => request('POST', `${path}/probe`, {}));
    const found = asked.data.value;
    if (!found) return null;
    const record = found.record ?? {};
    return (
        <section class="card pad stack" aria-labelledby="behaviour-title">
            <h2 id="behaviour-title">{t('behaviour.title')}</h2>
            <p class="note"><Shape kind={found.proven ? 'available' : 'preparing'} /><span>{found.proven ? t('behaviour.proven') : found.trouble ?? t('behaviour.unknown')}</span></p>
            <dl class="kv">
                {proofs.map(([key, label]) => record[key] !== undefined && <><dt>{t(label)}</dt><dd>{t(record[key] === true ? 'behaviour.yes' : 'behaviour.no')}</dd></>)}
                {record.unit !== undefined && <><dt>{t('behaviour.unit')}</dt><dd>{String(record.unit)}</dd></>}
                {latency(record) && <><dt>{t('behaviour.latency')}</dt><dd>{latency(record)}</dd></>}
                {found.probed_at && <><dt>{t('behaviour.probed')}</dt><dd><Ago at={found.probed_at} /></dd></>}
            </dl>
            {probe.problem.value && <ProblemNote problem={probe.problem.value} />}
            {may('station.command') && <div><button type="button" disabled={probe.busy.value} onClick={() => void probe.run().then((done) => { if (done) toast(t('behaviour.probing'), 'good'); asked.again(); })}>{t('behaviour.probe')}</button></div>}
        </section>
    );
}
