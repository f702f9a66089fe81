import { Energy, Power } from '../../parts/quantity';
import { Bones, Empty } from '../../parts/note';
import { State } from '../../parts/state';
import { type Column, Table } from '../../parts/table';
import { Lasted, Moment } from '../../parts/time';
import { openSessions, siteName, stations } from '../../store/live';
import type { Session } from '../../store/types.gen';
import { t } from '../../t';

const shownMax = 50;

function plugState(s: Session): string {
    const station = s.station ? stations.get(s.station)?.value : undefined;
    if (station && !station.connected) return 'offline';
    const plug = station?.evses.find((e) => e.id === s.evse)?.connectors.find((c) => c.id === s.connector || s.connector === 0);
    return plug?.status ?? 'unknown';
}

const columns: readonly Column<Session>[] = [
    { key: 'station', label: 'col.station', cell: (s) => <a class="mono" href={`/sessions/${s.id}`}>{s.station} · {s.evse}</a>, share: 1.4 },
    { key: 'state', label: 'col.state', cell: (s) => <State state={plugState(s)} />, share: 1.4 },
    { key: 'site', label: 'col.site', from: 'desktop', cell: (s) => siteName(s.site), share: 1.2 },
    { key: 'since', label: 'col.since', from: 'tablet', cell: (s) => <><Moment at={s.started_at ?? s.received_at} /> <small><Lasted from={s.started_at ?? s.received_at} /></small></>, share: 1.4 },
    { key: 'power', label: 'col.power', num: true, cell: (s) => <Power w={s.power_w} /> },
    { key: 'energy', label: 'col.energy', num: true, cell: (s) => <Energy wh={s.energy_wh} /> },
    { key: 'soc', label: 'col.soc', from: 'tablet', num: true, cell: (s) => (s.soc_percent === null ? '–' : `${Math.round(s.soc_percent)} %`) },
    { key: 'token', label: 'col.token', from: 'tablet', cell: (s) => <span class="mono">{s.token ?? '–'}</span>, share: 1.4 },
];

export function ChargingCard() {
    const rows = openSessions.all().sort((a, b) => (a.received_at < b.received_at ? 1 : -1));
    return (
        <section class="card" aria-labelledby="charging-title">
            <header><h2 id="charging-title">{t('now.charging_title')}</h2><a href="/sessions?state=open">{t('now.all', { n: rows.length })}</a></header>
            {openSessions.state.value === 'loading' ? <Bones lines={6} />
                : rows.length === 0 ? <Empty title={t('now.nobody')}><p>{t('now.nobody_why')}</p></Empty>
                : <Table label={t('now.charging_title')} columns={columns} rows={rows.slice(0, shownMax)} keyOf={(s) => s.id}
                         liveOf={(id) => openSessions.get(id)} tight href={(s) => (s.station ? `/stations/${encodeURIComponent(s.station)}` : `/sessions/${s.id}`)} />}
        </section>
    );
}
