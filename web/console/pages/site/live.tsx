/* A site's power as it flows: how much of what is allowed, which limit is full, which car gets what and why, and what
 * the hours ahead are planned to be. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Problem, request } from '../../../shared/api';
import * as format from '../../../shared/format';
import type { Quantity } from '../../../shared/format';
import { go } from '../../../shared/router';
import { asProblem } from '../../parts/ask';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { Plot, type Line } from '../../parts/plot';
import { Shape } from '../../parts/state';
import { Moment, now } from '../../parts/time';
import { may } from '../../store/me';
import { type Ahead, type LiveNode, type LiveSite, type Minute, type Watched, courseOf, watchPower } from '../../store/power';
import type { Site } from '../../store/types.gen';
import { type Key, t, word } from '../../t';
import { LiveTree, amount, busiest, fullest, percentOf, withDraws } from './bars';
import { Begin } from './begin';
import { Cars } from './cars';
import { CapDialog } from './dialogs';
import { Decisions } from './decisions';
import { drafts } from './drafts';

const spansH = [4, 24, 48];
const planStepsLeast = 16;
const againMs = 60_000;
const voltsUsual = 230; // until the server has told the limit in watts, a minute later

function useWatched(site: string): Watched | undefined {
    const watched = useSignal<Watched | undefined>(undefined);
    useEffect(() => {
        const mine = watchPower(site);
        watched.value = mine;
        return mine.stop;
    }, [site]);
    return watched.value;
}

/* What is known: a site without sun or prices has no empty places for them. */
function Numbers({ live }: { live: LiveSite }) {
    const root = live.nodes[0];
    const share = root && busiest(root);
    const plugged = live.evses.filter((e) => e.plugged).length;
    const figures: [label: Key, value: Quantity][] = [
        ['power.cars_draw', format.power(live.cars_w ?? 0)],
        ['power.may_draw', format.power(live.offered_w ?? 0)],
    ];
    if (share) figures.push([root.has_meter && !root.meter_stale ? 'power.connection_used' : 'power.connection_by_cars', [String(percentOf(share)), t(share.line === undefined ? 'power.percent_of' : 'power.percent_of_line', { limit: amount(share.limit, share.unit), line: (share.line ?? 0) + 1 })]]);
    if (live.grid_w !== null) figures.push(['power.line_grid_now', format.power(live.grid_w)]);
    figures.push(['power.cars', [String(plugged), t('power.of_plugs', { n: live.evses.length })]]);
    if (live.solar_w !== null) figures.push(['power.solar', format.power(live.solar_w)]);
    if (live.price_minor_per_kwh !== null) figures.push(['power.price_now', [format.decimal(live.price_minor_per_kwh, 1), 'ct/kWh']]);
    return (
        <section class="card six few" aria-label={t('site.power')}>
            {figures.map(([label, [value, unit]]) => <div key={label}><small>{t(label)}</small><strong>{value}<i>{unit}</i></strong></div>)}
        </section>
    );
}

/* What a person has to know or do. */
function Notes({ live, site, onChange }: { live: LiveSite; site: Site; onChange: () => void }) {
    const disobeying = live.evses.filter((e) => e.disobeys);
    const silent = live.nodes.filter((n) => n.meter_stale);
    const clear = (node: string) => void request('DELETE', `/sites/${site.id}/power/cap?node=${encodeURIComponent(node)}`).then(onChange, onChange);
    const booked = live.nodes.some((n) => { const s = fullest(n); return s && s.reserved > s.limit; });
    const nameOf = (id: string) => live.nodes.find((n) => n.id === id)?.name ?? id;
    const notes = [
        ...live.caps.map((c) => ({ kind: 'preparing' as const, key: `cap ${c.node}`, title: t('power.cap_on', { node: nameOf(c.node), limit: c.limit_w === null ? `${c.limit_a} A` : format.join(format.power(c.limit_w)) }),
            why: <>{c.reason} {c.expires_at && <>{t('power.until')} <Moment at={c.expires_at} /></>}</>, act: may('power.control') && <button type="button" onClick={() => clear(c.node)}>{t('power.lift')}</button> })),
        ...disobeying.map((e) => ({ kind: 'faulted' as const, key: `${e.station} ${e.evse}`, title: t('power.disobeys', { evse: e.name }), why: <>{t('power.disobeys_why')}</>, act: <a class="button" href={`/stations/${encodeURIComponent(e.station)}`}>{t('power.show')}</a> })),
        ...silent.map((n) => ({ kind: 'preparing' as const, key: `meter ${n.id}`, title: t('power.meter_silent_at', { node: n.name }), why: <>{t('power.meter_silent_why', { since: n.meter_at ? t('power.since', { at: format.moment(n.meter_at, now.value) }) : t('power.since_start'), power: format.join(format.power(Math.max(0, n.base_w))) })}</>, act: false as const })),
        ...(live.failsafe_fits ? [] : [{ kind: 'faulted' as const, key: 'failsafe', title: t('power.failsafe_over'), why: <>{t('power.failsafe_over_why', { field: t('power.fail_safe_a') })}</>, act: <a class="button" href={`/sites/${site.id}/limits`}>{t('site.limits')}</a> }]),
        ...(live.unproven ? [{ kind: 'preparing' as const, key: 'unproven', title: t('power.unproven', { n: live.unproven }), why: <>{t(booked ? 'power.unproven_over' : 'power.unproven_why')}</>, act: false as const }] : []),
    ];
    if (notes.length === 0) return null;
    return (
        <section class="card" aria-label={t('power.notes')}>
            <ul class="attention">{notes.map((n) => <li key={n.key}><Shape kind={n.kind} /><div><b>{n.title}</b><div class="why">{n.why}</div></div>{n.act || <span />}</li>)}</ul>
        </section>
    );
}

/* As far as cars are planned to charge, and a little more. */
function shownOf(cars: (number | null)[]): (number | null)[] {
    const last = cars.reduce<number>((found, w, i) => (w ? i : found), 0);
    return cars.slice(0, Math.max(planStepsLeast, last + 4));
}

/* What a person who looks back wants to know: the most that cars drew, and what was allowed then. */
function mostOf(past: readonly Minute[]): string {
    const most = past.reduce<Minute | undefined>((found, m) => (!found || m.cars_w > found.cars_w ? m : found), undefined);
    if (!most || most.cars_w === 0) return '';
    const at = format.moment(most.at, now.value), power = format.join(format.power(most.cars_w));
    return most.limit_w === null ? t('power.course_most', { power, at }) : t('power.course_most_of', { power, at, limit: format.join(format.power(most.limit_w)) });
}

/* How good the plan is, where it plans anything. */
function planWords(plan: Ahead | undefined): string {
    if (plan?.gap_permille === null || plan?.gap_permille === undefined || !plan.cars_w.some((w) => w)) return '';
    return plan.gap_permille === 0 ? t('power.gap_none') : t('power.gap', { percent: format.decimal(plan.gap_permille / 10, 1) });
}

/* What the connection carries, before the first minute is noted. */
function carriesW(root: LiveNode | undefined): number | null {
    const amperes = root?.limit_a.every((a) => a !== null) ? root.limit_a.reduce<number>((sum, a) => sum + a!, 0) * voltsUsual : null;
    return root?.limit_w === null || root?.limit_w === undefined ? amperes : Math.min(root.limit_w, amperes ?? Infinity);
}

/* As it was noted a minute ago; a cap counts at once. */
function limitNow(past: readonly Minute[], root: LiveNode | undefined): number | null {
    return (root?.capped ? null : past[past.length - 1]?.limit_w) ?? carriesW(root);
}

function CourseCard({ site, live }: { site: Site; live: LiveSite }) {
    const hours = useSignal(spansH[0]!);
    const planned = live.planned_at !== null;
    const past = useSignal<Minute[] | undefined>(undefined);
    const ahead = useSignal<Ahead | undefined>(undefined);
    const problem = useSignal<Problem | undefined>(undefined);
    useEffect(() => {
        let gone = false;
        const read = async () => {
            try {
                const [found, plan] = await Promise.all([
                    request<{ items: Minute[] }>('GET', `/sites/${site.id}/power/history?hours=${hours.value}`),
                    planned ? request<Ahead>('GET', `/sites/${site.id}/power/plan`).catch(() => undefined) : undefined,
                ]);
                if (gone) return;
                past.value = found.items;
                ahead.value = plan;
                problem.value = undefined;
            } catch (error) {
                if (!gone) problem.value = asProblem(error);
            }
        };
        void read();
        const timer = setInterval(() => void read(), againMs);
        return () => { gone = true; clearInterval(timer); };
    }, [site.id, hours.value, planned]);
    if (problem.value && !past.value) return <section class="card pad"><ProblemNote problem={problem.value} /></section>;
    if (!past.value) return <section class="card" style={{ minHeight: '320px' }}><Bones lines={6} /></section>;
    const isNew = past.value.length < 2;
    const plan = ahead.value && { ...ahead.value, cars_w: shownOf(ahead.value.cars_w) };
    const nowS = Date.now() / 1000;
    const minutes = [...past.value, { at: new Date().toISOString(), cars_w: live.cars_w ?? 0, offered_w: live.offered_w ?? 0, limit_w: limitNow(past.value, live.nodes[0]), grid_w: live.grid_w, solar_w: live.solar_w, price_minor_per_kwh: live.price_minor_per_kwh }];
    const c = courseOf(minutes, plan, nowS);
    const lines: Line[] = ([
        { label: t('power.line_cars'), colour: 'charging', values: c.cars, fill: true },
        { label: t('power.line_planned'), colour: 'charging', values: c.planned, dashed: true, stepped: true },
        { label: t('power.line_offered'), colour: 'offline', values: c.offered, dashed: true, width: 1 }, // noted with what was drawn: a line between moments, as that is
        { label: t('power.line_grid'), colour: 'preparing', values: c.grid },
        { label: t('power.solar'), colour: 'available', values: c.solar },
        { label: t('power.line_limit'), colour: 'faulted', values: c.limit, dashed: true, stepped: true, width: 1.5 },
        { label: t('power.price'), colour: 'reserved', values: c.price, stepped: true, scale: 'price', width: 1 },
    ] as Line[]).filter((l) => l.values.some((v) => v !== null));
    const summary = t('power.course_summary', { now: format.join(format.power(live.cars_w ?? 0)), offered: format.join(format.power(live.offered_w ?? 0)) });
    return (
        <section class="card" aria-labelledby="course-title">
            <header><h2 id="course-title">{t('power.course')}</h2>
                <span class="segments" role="group" aria-label={t('power.course_span')}>{spansH.map((h) => <button type="button" key={h} class="plain" aria-pressed={hours.value === h} onClick={() => (hours.value = h)}>{h} h</button>)}</span></header>
            <div class="pad" style={{ paddingTop: 0 }}><Plot at={c.at} lines={lines} height={260} nowS={plan || isNew ? nowS : undefined} summary={summary} />
                <small class="muted">{mostOf(minutes)} {isNew && t('power.course_soon')} {planWords(plan)}</small></div>
        </section>
    );
}

export function LiveTab({ site }: { site: Site }) {
    const watched = useWatched(site.id);
    const capping = useSignal(false);
    const told = watched?.live.value;
    const live = useMemo(() => told && { ...told, nodes: withDraws(told.nodes, told.evses) }, [told]);
    const problem = watched?.problem.value;
    if (!live && problem?.status === 404)
        return may('site.write') ? <Begin site={site} onBegin={(doc) => { drafts.set(site.id, doc); go(`/sites/${site.id}/limits`); }} />
            : <section class="card"><Empty title={t('power.none')}><p>{t('power.none_why')}</p></Empty></section>;
    if (!live && problem) return <ProblemNote problem={problem} again={watched?.again} />;
    if (!live || !watched) return <section class="card"><Bones lines={8} /></section>;
    return (
        <>
            <div class="spread">
                <p class="sentence">{t('power.sentence', { mode: word('site_mode', live.mode), why: word('site_mode_why', live.mode) })} {may('site.write') && <a href={`/sites/${site.id}/limits`}>{t('power.change')}</a>}</p>
                {may('power.control') && <button type="button" onClick={() => (capping.value = true)}>{t('power.cap')}</button>}
            </div>
            <Numbers live={live} />
            <Notes live={live} site={site} onChange={watched.again} />
            <CourseCard site={site} live={live} />
            <div class="two even">
                <Cars site={site} live={live} onChange={watched.again} />
                <section class="card" aria-labelledby="limits-title">
                    <header><h2 id="limits-title">{t('power.tree')}</h2><small class="legend"><span style={{ color: 'var(--charging)' }}><b class="solid" />{t('power.flows_now')}</span><span style={{ color: 'var(--charging)' }}><b class="kept" />{t('power.kept')}</span></small></header>
                    <LiveTree site={site.id} nodes={live.nodes} />
                </section>
            </div>
            <Decisions site={site} />
            {capping.value && <CapDialog site={site} live={live} onClose={() => { capping.value = false; watched.again(); }} />}
        </>
    );
}
