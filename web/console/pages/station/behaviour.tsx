/* How a station takes limits: what it said, what it showed, and the way to find out anew. */
import { request } from '../../../shared/api';
import { serverNow } from '../../../shared/events';
import * as format from '../../../shared/format';
import { useAsk, useDeed } from '../../parts/ask';
import { ProblemNote } from '../../parts/note';
import { Shape } from '../../parts/state';
import { Ago, Moment } from '../../parts/time';
import { toast } from '../../parts/toast';
import { may } from '../../store/me';
import type { Behaviour, HeldProfile, LimitPeriod, OutsideLimit, Station } from '../../store/types.gen';
import { type Key, t, word } from '../../t';

/* In the order in which a person asks. */
const proofs: readonly [key: string, label: Key][] = [
    ['smart', 'behaviour.smart'], ['obeys', 'behaviour.obeys'], ['leases', 'behaviour.leases'], ['fallback', 'behaviour.fallback'], ['station_max', 'behaviour.station_max'],
    ['zero', 'behaviour.zero'], ['tenths', 'behaviour.tenths'], ['reports', 'behaviour.reports'], ['dynamic', 'behaviour.dynamic'], ['updates', 'behaviour.updates'], ['drops', 'behaviour.drops'],
    ['keeps', 'behaviour.keeps'], ['spreads', 'behaviour.spreads'], ['switches', 'behaviour.switches'],
];

function latency(record: Record<string, unknown>): string {
    const all = (record.latency_ms as number[] | undefined) ?? [];
    return all.length ? `${format.decimal(Math.max(...all) / 1000, 1)} s` : '';
}

/* As the server counts: an hour, doubled with each relapse up to five days. */
function goodMs(relapses: number): number {
    return 3_600_000 * 2 ** Math.min(relapses - 1, 7);
}

const amount = (p: { limit_a: number | null; limit_w: number | null } | undefined): string =>
    !p ? t('behaviour.not_said') : p.limit_a !== null ? `${format.decimal(p.limit_a, p.limit_a % 1 ? 1 : 0)} A` : p.limit_w !== null ? format.join(format.power(p.limit_w)) : t('behaviour.not_said');

/* The period that holds now; before the first, that. */
function inForce(periods: readonly LimitPeriod[]): LimitPeriod | undefined {
    const begun = periods.filter((p) => Date.parse(p.start_at) <= serverNow());
    return begun[begun.length - 1] ?? periods[0];
}

const where = (evse: number) => (evse === 0 ? t('behaviour.whole_station') : t('behaviour.at_evse', { evse: String(evse) }));

function OutsideNote({ limit }: { limit: OutsideLimit }) {
    return (
        <p class="note"><Shape kind={limit.critical ? 'faulted' : 'preparing'} />
            <span>{t('behaviour.outside', { limit: amount(inForce(limit.periods)), where: where(limit.evse), source: word('limit_source', limit.source) })}{' '}
                <Ago at={limit.told_at} />{limit.ends_at && <> · {t('power.until')} <Moment at={limit.ends_at} /></>}</span></p>
    );
}

function Held({ profiles }: { profiles: readonly HeldProfile[] }) {
    return (
        <div class="card table" tabIndex={0} role="region" aria-label={t('behaviour.holds')}><table class="roomy">
            <thead><tr><th scope="col">{t('behaviour.purpose')}</th><th scope="col">{t('behaviour.where')}</th><th scope="col" class="num">{t('behaviour.limit')}</th><th scope="col">{t('behaviour.whose')}</th></tr></thead>
            <tbody>
                {profiles.map((p) => (
                    <tr key={`${p.id} ${p.evse}`}>
                        <td>{word('profile_purpose', p.purpose)} <small>{word('profile_kind', p.kind)} · {t('behaviour.level', { level: p.stack_level })}</small></td>
                        <td>{where(p.evse)}</td>
                        <td class="num">{amount(p)}</td>
                        <td><span class={`tag${p.what === 'foreign' || p.what === 'higher' ? ' warn' : ''}`}>{word('profile_what', p.what)}</span></td>
                    </tr>
                ))}
            </tbody>
        </table></div>
    );
}

export function BehaviourCard({ station }: { station: Station }) {
    const path = `/stations/${encodeURIComponent(station.id)}`;
    const asked = useAsk<Behaviour>(station.site ? `${path}/behaviour` : undefined);
    const probe = useDeed(() => request('POST', `${path}/probe`, {}));
    const found = asked.data.value;
    if (!found) return null;
    const record = found.record ?? {};
    const relapses = Number(record.relapses ?? 0);
    return (
        <section class="card pad stack" aria-labelledby="behaviour-title">
            <h2 id="behaviour-title">{t('behaviour.title')}</h2>
            <p class="note"><Shape kind={found.proven ? 'available' : 'preparing'} /><span>{found.proven ? t('behaviour.proven') : (found.trouble_code ? word('trouble', found.trouble_code) : found.trouble ?? t('behaviour.unknown'))}</span></p>
            {found.unanswered_since && <p class="note"><Shape kind="faulted" /><span>{t('behaviour.unanswered')} <Ago at={found.unanswered_since} /></span></p>}
            {relapses > 0 && <p class="note"><Shape kind="faulted" /><span>{t('behaviour.relapses', { n: relapses, time: format.duration(goodMs(relapses)) })}</span></p>}
            <dl class="kv">
                {proofs.map(([key, label]) => record[key] !== undefined && <><dt>{t(label)}</dt><dd>{t(record[key] === true ? 'behaviour.yes' : 'behaviour.no')}</dd></>)}
                {record.unit !== undefined && <><dt>{t('behaviour.unit')}</dt><dd>{String(record.unit)}</dd></>}
                {latency(record) && <><dt>{t('behaviour.latency')}</dt><dd>{latency(record)}</dd></>}
                {found.probed_at && <><dt>{t('behaviour.probed')}</dt><dd><Ago at={found.probed_at} /></dd></>}
            </dl>
            {found.outside_limits.map((l) => <OutsideNote key={`${l.source} ${l.evse}`} limit={l} />)}
            {found.profiles_at && <><h3>{t('behaviour.holds')} <small class="muted"><Ago at={found.profiles_at} /></small></h3>
                {found.profiles.length ? <Held profiles={found.profiles} /> : <p class="muted">{t('behaviour.holds_none')}</p>}</>}
            {probe.problem.value && <ProblemNote problem={probe.problem.value} />}
            {may('station.command') && <div><button type="button" disabled={probe.busy.value} onClick={() => void probe.run().then((done) => { if (done) toast(t('behaviour.probing'), 'good'); asked.again(); })}>{t('behaviour.probe')}</button></div>}
        </section>
    );
}
