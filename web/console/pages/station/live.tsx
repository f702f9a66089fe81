/* Live: each plug with what happens at it, the course of its session, and the sessions before. */
import { useSignal } from '@preact/signals';
import { type Page, withQuery } from '../../../shared/api';
import * as format from '../../../shared/format';
import { useAsk } from '../../parts/ask';
import { Empty, ProblemNote, Bones } from '../../parts/note';
import { Big, Energy } from '../../parts/quantity';
import { SessionPlot } from '../../parts/session-plot';
import { State, connectorsOf } from '../../parts/state';
import { Table } from '../../parts/table';
import { Ago, Lasted, Moment } from '../../parts/time';
import { TokenName } from '../../parts/token';
import { whyOf } from '../../parts/why';
import { lastSession, openSessions } from '../../store/live';
import type { Connector, PowerEvseState, Session, SessionPower, Station } from '../../store/types.gen';
import { t, word } from '../../t';
import { columns } from '../sessions/columns';
import { useEffect } from 'preact/hooks';

type Plug = Connector & { evse: number };

function SessionFacts({ session }: { session: Session }) {
    const start = session.started_at ?? session.received_at;
    return (
        <dl class="kv">
            <dt>{t('col.energy')}</dt><dd><Energy wh={session.energy_wh} /></dd>
            <dt>{t('col.since')}</dt><dd><Moment at={start} />, <Lasted from={start} /></dd>
            <dt>{t('col.token')}</dt><dd><TokenName id={session.token} /></dd>
            {session.soc_percent !== null && <><dt>{t('col.soc')}</dt><dd>{Math.round(session.soc_percent)} %</dd></>}
            <dt>{t('page.session')}</dt><dd><a href={`/sessions/${session.id}`}>{t('open')}</a></dd>
        </dl>
    );
}

const whyAgainMs = 15_000;

/* The sentence that an operator with a driver on the phone needs. */
function Why({ session }: { session: Session }) {
    const asked = useAsk<SessionPower & Partial<PowerEvseState>>(`/sessions/${session.id}/power`);
    useEffect(() => {
        const timer = setInterval(asked.again, whyAgainMs);
        return () => clearInterval(timer);
    }, [session.id]);
    const power = asked.data.value;
    if (!power?.shared) return null;
    const state = power as SessionPower & PowerEvseState; // what is shared has it all
    return <p class="why"><b>{t('power.may', { power: format.join(format.power(state.limit_w)) })}</b>: {whyOf(state)}</p>;
}

function PlugCard({ plug, connected, chosen, choice, onChoose }: { plug: Plug; connected: boolean; chosen: boolean; choice: boolean; onChoose: () => void }) {
    const session = plug.session ? openSessions.get(plug.session)?.value : undefined;
    const old = !connected || !plug.fresh;
    const title = [t('plug.n', { n: plug.evse }) + (plug.id > 1 ? `/${plug.id}` : ''), plug.type,
        plug.power_max_w ? format.join(format.power(plug.power_max_w)) : '', plug.printed_id].filter(Boolean).join(' · ');
    return (
        <section class="card pad plug" aria-label={title} style={chosen ? { borderColor: 'var(--accent)' } : undefined}>
            <h2><span>{title}</span><State state={connected ? plug.status : 'offline'} old={old} /></h2>
            {session && <Big of={format.power(session.power_w)} />}
            {session?.site && <Why session={session} />}
            {session ? <SessionFacts session={session} /> : (
                <p class="muted">{connected ? '' : t('plug.last')} {word('state', plug.status)}, <Ago at={plug.status_at ?? plug.received_at} />{connected && old ? ` · ${t('plug.old')}` : ''}</p>
            )}
            {plug.status === 'faulted' && <p class="faulted">{[plug.error_code, plug.info].filter(Boolean).join(': ')}</p>}
            {session && choice && !chosen && <button type="button" class="plain" onClick={onChoose}>{t('plug.show')}</button>}
        </section>
    );
}

function LastSessions({ station }: { station: Station }) {
    const asked = useAsk<Page<Session>>(withQuery('/sessions', { station: station.id, limit: 10 }));
    useEffect(() => {
        if (lastSession.value?.station === station.id) asked.again();
    }, [lastSession.value?.id, lastSession.value?.state]);
    const rows = asked.data.value?.items;
    return (
        <section class="card" aria-labelledby="last-title">
            <header><h2 id="last-title">{t('station.last_sessions')}</h2><a href={`/sessions?station=${encodeURIComponent(station.id)}`}>{t('station.all_sessions')}</a></header>
            {asked.problem.value && <div class="pad"><ProblemNote problem={asked.problem.value} again={asked.again} /></div>}
            {!rows ? <Bones lines={5} /> : rows.length === 0 ? <Empty title={t('station.no_sessions')}><p>{t('station.no_sessions_why')}</p></Empty>
                : <Table label={t('station.last_sessions')} columns={columns.filter((c) => c.key !== 'station' && c.key !== 'site')} rows={rows} keyOf={(s) => s.id}
                         liveOf={(id) => openSessions.get(id)} href={(s) => `/sessions/${s.id}`} />}
        </section>
    );
}

export function LiveTab({ station }: { station: Station }) {
    const picked = useSignal('');
    const plugs = connectorsOf(station);
    const running = plugs.map((p) => p.session).filter((id): id is string => !!id);
    const shown = running.includes(picked.value) ? picked.value : running[0];
    const session = shown ? openSessions.get(shown)?.value : undefined;
    void openSessions.changed.value;
    return (
        <>
            {!station.connected && station.last_seen_at && <div class="banner bad"><span>{t('station.offline_why')} <a href={`/stations/${encodeURIComponent(station.id)}/log`}>{t('station.log')}</a></span></div>}
            <div class="aside">
                <div class="plugs">
                    {plugs.length === 0 && <section class="card"><Empty title={t('plug.none')}><p>{t('plug.none_why')}</p></Empty></section>}
                    {plugs.map((p) => <PlugCard key={`${p.evse}.${p.id}`} plug={p} connected={station.connected} chosen={running.length > 1 && p.session === shown} choice={running.length > 1}
                                                onChoose={() => (picked.value = p.session!)} />)}
                </div>
                <section class="card pad stack" aria-label={t('session.plot')}>
                    <h2>{session ? t('station.plug_session', { n: session.evse }) : t('session.plot')}</h2>
                    {session ? <SessionPlot session={session} key={session.id} /> : <Empty title={t('now.nobody')}><p>{t('station.nobody_why')}</p></Empty>}
                </section>
            </div>
            <LastSessions station={station} />
        </>
    );
}
