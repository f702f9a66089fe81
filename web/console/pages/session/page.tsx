/* One session, told from start to end: what happened, what was metered, what is doubtful and why. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ComponentChildren, ComponentType } from 'preact';
import { PageHead } from '../../frame/head';
import { useAsk } from '../../parts/ask';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { Big } from '../../parts/quantity';
import { SessionPlot } from '../../parts/session-plot';
import { TokenName } from '../../parts/token';
import { SessionStateWord, Shape } from '../../parts/state';
import * as format from '../../../shared/format';
import type { Params } from '../../routes';
import { lastSession, openSessions, siteName, stations } from '../../store/live';
import { may } from '../../store/me';
import type { Session } from '../../store/types.gen';
import { type Key, t, word } from '../../t';
import { CloseDialog, StopDialog } from './dialogs';
import { SessionFrames } from './frames';
import { PowerCard } from './power';
import { Timeline } from './timeline';

function FlagCard({ flags }: { flags: readonly string[] }) {
    if (flags.length === 0) return null;
    return (
        <section class="card" aria-labelledby="flags-title">
            <header><h2 id="flags-title">{t('session.doubts')}</h2></header>
            <ul class="attention">{flags.map((f) => (
                <li key={f}><Shape kind="preparing" /><div><b>{word('flag', f)}</b><div class="why">{word('flag_why', f)}</div></div></li>
            ))}</ul>
        </section>
    );
}

/* To the watt-hour, as it stands on the meter. */
function register(wh: number | null): string | null {
    return wh === null ? null : format.join([format.decimal(wh / 1000, 3), 'kWh']);
}

const facts: readonly [label: Key, value: (s: Session) => ComponentChildren][] = [
    ['col.site', (s) => siteName(s.site)], ['session.transaction', (s) => s.transaction_id], ['col.token', (s) => s.token && <TokenName id={s.token} />],
    ['session.token_status', (s) => word('token_status', s.token_status)], ['session.group', (s) => s.group_id],
    ['session.register_start', (s) => register(s.register_start_wh)],
    ['session.register_now', (s) => (s.state === 'open' ? register(s.register_last_wh) : null)],
    ['session.register_last', (s) => (s.state === 'open' ? null : register(s.register_last_wh))],
    ['col.soc', (s) => (s.soc_percent === null ? null : `${Math.round(s.soc_percent)} %`)],
    ['session.facts', (s) => s.messages], ['session.stop_reason', (s) => word('stop_reason', s.stop_reason)], ['session.close_reason', (s) => s.close_reason], ['session.closed_by', (s) => s.closed_by],
];

const dialogs = { stop: StopDialog, close: CloseDialog } satisfies Record<string, ComponentType<{ session: Session; onClose: () => void }>>;

function FactsCard({ session }: { session: Session }) {
    const start = session.started_at ?? session.received_at;
    const end = session.ended_at ?? session.seen_at;
    const lasted = format.duration((session.state === 'open' ? Date.now() : Date.parse(end)) - Date.parse(start));
    return (
        <section class="card pad stack" aria-label={t('session.facts_title')}>
            <Big of={format.energy(session.energy_wh)} note={session.state === 'open' ? `· ${format.join(format.power(session.power_w))}` : t('session.in', { time: lasted })} />
            <dl class="kv">{facts.map(([label, value]) => {
                const shown = value(session);
                return shown === null || shown === '' ? null : <><dt>{t(label)}</dt><dd>{shown}</dd></>;
            })}</dl>
        </section>
    );
}

export default function SessionPage({ params }: { params: Params }) {
    const id = params.id!;
    const asked = useAsk<Session>(`/sessions/${encodeURIComponent(id)}`);
    const open = useSignal<keyof typeof dialogs | undefined>(undefined);
    useEffect(() => {
        if (lastSession.value?.id === id) asked.data.value = lastSession.value;
    }, [lastSession.value]);
    void openSessions.changed.value;
    const session = openSessions.get(id)?.value ?? asked.data.value;
    if (!session && asked.problem.value)
        return <><PageHead title={t('page.session')} />{asked.problem.value.status === 404 ? <Empty title={t('session.unknown')} /> : <ProblemNote problem={asked.problem.value} again={asked.again} />}</>;
    if (!session) return <><PageHead title={t('page.session')} /><section class="card"><Bones lines={8} /></section></>;
    const Open = open.value && dialogs[open.value];
    const station = session.station;
    return (
        <>
            <PageHead title={`${(station && stations.get(station)?.value.name) || station || t('session.station_gone')} · ${session.evse}`} up={{ href: '/sessions', label: t('page.sessions') }} beside={<SessionStateWord state={session.state} />}>
                {station && <a class="button" href={`/stations/${encodeURIComponent(station)}`}>{t('session.to_station')}</a>}
                {session.state === 'open' && may('station.command') && <button type="button" onClick={() => (open.value = 'stop')}>{t('command.stop')}</button>}
                {session.state !== 'ended' && may('session.write') && <button type="button" onClick={() => (open.value = 'close')}>{t('session.close')}</button>}
            </PageHead>
            <div class="aside">
                <FactsCard session={session} />
                <section class="card pad stack" aria-labelledby="plot-title"><h2 id="plot-title">{t('session.plot')}</h2><SessionPlot session={session} /></section>
            </div>
            {session.site && <PowerCard session={session} />}
            <FlagCard flags={session.flags} />
            <Timeline session={session} />
            <SessionFrames session={session} />
            {Open && <Open session={session} onClose={() => { open.value = undefined; asked.again(); }} />}
        </>
    );
}
