/* How a session was steered: what it was given, what the station says that it will do, what the meter shows; and why. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { everyPage, request } from '../../../shared/api';
import * as format from '../../../shared/format';
import { useAsk } from '../../parts/ask';
import { type Line, Plot } from '../../parts/plot';
import { Shape } from '../../parts/state';
import { Ago, Moment, now } from '../../parts/time';
import { needOf, whyOf } from '../../parts/why';
import { type Steps, align } from '../../store/align';
import { may } from '../../store/me';
import { seriesOf } from '../../store/series';
import type { LimitPeriod, MeterValue, PowerEvseState, Session, SessionPower } from '../../store/types.gen';
import { t, word } from '../../t';
import { NeedDialog, OverrideDialog, type Steered } from '../site/dialogs';
import { amps, Beside, isOld } from './beside';

const seconds = (iso: string) => Date.parse(iso) / 1000;
const w = (p: { limit_w: number | null }) => p.limit_w;

/* Of the hours ahead as many are shown as have passed. */
const aheadMinS = 1800;
const aheadMaxS = 8 * 3600;

/* A schedule holds to its end: the last period is drawn as far as the picture goes. */
function stepsOf(all: readonly LimitPeriod[], fromS: number, untilS: number): Steps {
    const periods = all.slice(Math.max(0, all.filter((p) => seconds(p.start_at) <= fromS).length - 1)); // what was before the session is no part of it
    const at = periods.map((p) => Math.max(fromS, seconds(p.start_at)));
    const values = periods.map(w);
    const shown = at.filter((s) => s < untilS).length; // what lies further ahead would press the past together
    return shown ? { at: [...at.slice(0, shown), untilS], values: [...values.slice(0, shown), values[shown - 1]!] } : { at: [], values: [] };
}

function usePowerOf(session: Session): Steps {
    const steps = useSignal<Steps>({ at: [], values: [] });
    useEffect(() => {
        let gone = false;
        const items: MeterValue[] = [];
        void everyPage<MeterValue>(`/sessions/${session.id}/meter_values`, {}, (some) => items.push(...some)).catch(() => undefined).then(() => {
            if (gone) return;
            const series = seriesOf(items, session);
            steps.value = { at: series.at, values: series.powerW };
        });
        return () => { gone = true; };
    }, [session.id, session.state, session.messages >> 3]);
    return steps.value;
}

/* Why it may draw what it may; of a session that is over, why it had its last limit. */
function Sentence({ power }: { power: SessionPower & Partial<PowerEvseState> }) {
    if (power.shared) {
        const now = power as SessionPower & PowerEvseState; // what is shared has it all
        return <><b>{t('power.may', { power: format.join(format.power(now.limit_w)) })}</b>: {whyOf(now)}</>;
    }
    const last = power.limits[power.limits.length - 1];
    return last ? <><b>{t('power.had', { power: format.join(format.power(last.limit_w)) })}</b>: {whyOf({ ...last, connected: true, probing: false, why_node: last.node, why_line: null, laxity_s: null, departs_at: null })}</> : <>{t('why.nobody')}</>;
}

/* What the car itself plans, and when it will have what it wants: from then on it takes nothing. */
function CarPlan({ plan }: { plan: NonNullable<SessionPower['car_plan']> }) {
    const last = plan.periods[plan.periods.length - 1];
    if (plan.refused) return <>{t('power.car_plan_refused')} <Ago at={plan.told_at} /></>;
    return <>{t('power.car_plan_at')} <Ago at={plan.told_at} />{last?.limit_w === 0 && <>{t('power.car_plan_done')} <Moment at={last.start_at} /></>}</>;
}

export function PowerCard({ session }: { session: Session }) {
    const path = `/sessions/${session.id}/power`;
    const asked = useAsk<SessionPower & Partial<PowerEvseState>>(path);
    const asking = useSignal(false);
    const askStation = () => {
        asking.value = true;
        void request('GET', `${path}?composite=true`).catch(() => undefined).then(() => { asking.value = false; asked.again(); });
    };
    const drawn = usePowerOf(session);
    const dialog = useSignal<'limit' | 'need' | undefined>(undefined);
    useEffect(() => {
        const timer = setInterval(asked.again, 30_000);
        return () => clearInterval(timer);
    }, [session.id]);
    const power = asked.data.value;
    const mayAsk = session.state === 'open' && power?.shared === true && power.connected === true && may('station.command');
    const steps = power?.limits.length ?? 0;
    useEffect(() => { // what the station says belongs to the limit that it has
        if (mayAsk && steps && isOld(power)) askStation();
    }, [mayAsk, steps]);
    if (!power || (!power.shared && power.limits.length === 0)) return null; // nobody steers it
    const startS = seconds(session.started_at ?? session.received_at);
    const aheadS = Math.min(aheadMaxS, Math.max(aheadMinS, Date.now() / 1000 - startS));
    const endS = session.ended_at ? seconds(session.ended_at) : Date.now() / 1000 + aheadS;
    const limits: Steps = { at: power.limits.map((s) => seconds(s.at)), values: power.limits.map(w) };
    if (limits.at.length && session.state === 'open') { limits.at.push(Date.now() / 1000); limits.values.push(limits.values[limits.values.length - 1]!); }
    const lines = [
        { ...drawn, label: t('power.line_draw'), colour: 'charging', fill: true },
        { ...limits, label: t('power.line_confirmed'), colour: 'faulted', dashed: true, stepped: true, width: 1.5 },
        { ...stepsOf(power.given, startS, endS), label: t('power.line_given'), colour: 'offline', dashed: true, stepped: true, width: 1 },
        { ...stepsOf(power.composite?.periods ?? [], startS, endS), label: t('power.line_composite'), colour: 'reserved', dashed: true, stepped: true, width: 1 },
        { ...stepsOf(power.car_plan && !power.car_plan.refused ? power.car_plan.periods : [], startS, Math.min(endS, power.car_plan?.ends_at ? seconds(power.car_plan.ends_at) : endS)), label: t('power.line_car_plan'), colour: 'available', dashed: true, stepped: true, width: 1.5 },
    ].filter((l) => l.values.some((v) => v !== null));
    const all = align(lines);
    const shown: Line[] = lines.map((l, i) => ({ ...l, values: all.values[i]! }));
    const evse: Steered = { name: `${session.station} · ${session.evse}`, session: session.id, max_a: power.max_a ?? null, override_a: power.override_a ?? null, need_wh: power.need_wh ?? null, departs_at: power.departs_at ?? null, departs_learned: power.departs_learned ?? false, max_w: power.max_w ?? null };
    const need = power.shared ? needOf({ need_wh: evse.need_wh, departs_at: evse.departs_at, departs_learned: evse.departs_learned }, now.value).filter(Boolean).join(' ') : '';
    const open = session.state === 'open' && power.shared && may('power.control');
    return (
        <section class="card" aria-labelledby="steered-title">
            <header><h2 id="steered-title">{t('power.steered')}</h2>
                {open && <span class="row"><button type="button" onClick={() => (dialog.value = 'limit')}>{t('power.set_limit')}</button><button type="button" onClick={() => (dialog.value = 'need')}>{t('power.set_need')}</button></span>}</header>
            <div class="pad stack" style={{ paddingTop: 0 }}>
                <p><Sentence power={power} />{need && <> · {need}</>}{power.shared && power.class === 'priority' && <> <span class="tag">{word('site_class', 'priority')}</span></>}</p>
                {session.state === 'open' && power.shared && <Beside power={power as SessionPower & PowerEvseState} />}
                {power.outside_a != null && <p class="note"><Shape kind="preparing" /><span>{t('power.outside', { limit: amps(power.outside_a), source: word('limit_source', power.outside_source) })}</span></p>}
                {power.reported_a != null && <p class="note"><Shape kind={power.reported_a > power.reported_told_a! ? 'faulted' : 'preparing'} /><span>{t(power.reported_a > power.reported_told_a! ? 'power.reports_more' : 'power.reports_less', { limit: amps(power.reported_a), told: amps(power.reported_told_a!) })} <Ago at={power.reported_since!} /></span></p>}
                {all.at.length > 1 && <Plot at={all.at} lines={shown} height={220} nowS={session.state === 'open' ? Date.now() / 1000 : undefined} summary={t('power.steered_summary', { power: format.join(format.power(session.power_w)) })} />}
                {power.car_plan && <small><CarPlan plan={power.car_plan} /></small>}
                {open && power.fail_safe_a != null && power.confirmed_a != null && <small>{t(power.lease_ends_at ? 'power.lease_until' : 'power.lease_open', { limit: amps(power.fail_safe_a), at: power.lease_ends_at ? format.clock(power.lease_ends_at) : '' })}</small>}
                {power.phase_to_use && <small>{t('power.phase_to_use', { phase: power.phase_to_use })}</small>}
                {mayAsk && <div><button type="button" class="plain" disabled={asking.value} onClick={askStation}>{t('power.ask_composite')}</button></div>}
            </div>
            {dialog.value === 'limit' && <OverrideDialog evse={evse} onClose={() => { dialog.value = undefined; asked.again(); }} />}
            {dialog.value === 'need' && <NeedDialog evse={evse} onClose={() => { dialog.value = undefined; asked.again(); }} />}
        </section>
    );
}
