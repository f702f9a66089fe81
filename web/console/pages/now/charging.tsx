/* Who charges now: the power of each car, what it may draw, and why. */
import * as format from '../../../shared/format';
import { Bar } from '../../parts/bar';
import { Bones, Empty } from '../../parts/note';
import { Energy, Power } from '../../parts/quantity';
import { width } from '../../parts/screen';
import { State } from '../../parts/state';
import { type Column, Table } from '../../parts/table';
import { now } from '../../parts/time';
import { mayW, needOf, whyOf } from '../../parts/why';
import { openSessions, siteName, stations } from '../../store/live';
import { carPower, powerRead, sitePower } from '../../store/now';
import type { Session } from '../../store/types.gen';
import { t } from '../../t';

const shownMax = 50;

function stationOf(s: Session) {
    return s.station ? stations.get(s.station)?.value : undefined;
}

function plugState(s: Session): string {
    const station = stationOf(s);
    if (station && !station.connected) return 'offline';
    const plug = station?.evses.find((e) => e.id === s.evse)?.connectors.find((c) => c.id === s.connector || s.connector === 0);
    return plug?.status ?? 'unknown';
}

function Name({ session: s }: { session: Session }) {
    const station = stationOf(s);
    return <a href={`/sessions/${s.id}`} title={s.station ?? ''}>{station?.name ? `${station.name} · ${s.evse}` : <span class="mono">{s.station} · {s.evse}</span>}</a>;
}

/* What it may draw, as a number and a bar of what plug and breaker give at the most. */
function Limit({ session: s }: { session: Session }) {
    const car = carPower.value.get(s.id);
    if (!car) return <span class="muted">–</span>;
    const mostW = mayW(car, s.power_w), may = format.join(format.power(mostW));
    return (
        <span class="limit-cell">
            <Bar most={car.max_w} may={mostW} flows={s.power_w} words={t('now.limit_bar', { draws: format.join(format.power(s.power_w)), may, most: format.join(format.power(car.max_w)) })} />
            <span class="num">{may}</span>
        </span>
    );
}

function Car({ session: s }: { session: Session }) {
    const car = carPower.value.get(s.id);
    const [need, until] = car ? needOf(car, now.value) : ['', ''];
    const parts = [need, [s.soc_percent === null ? '' : `${Math.round(s.soc_percent)} %`, until].filter(Boolean).join(' · ')].filter(Boolean);
    return parts.length ? <>{parts.map((p) => <span class="line" key={p}>{p}</span>)}</> : <span class="muted">–</span>;
}

function Why({ session: s }: { session: Session }) {
    const car = carPower.value.get(s.id);
    const soon = !powerRead.value || (!!s.site && sitePower.value.has(s.site)); // it has just come
    const words = car ? whyOf(car) : soon ? '' : t('why.nobody');
    return <span class="why" title={words}>{words}</span>;
}

/* Two lines a row: what it is, and in small what belongs to it. */
const columns: readonly Column<Session>[] = [
    { key: 'station', label: 'col.station', share: 1.9, cell: (s) => <><Name session={s} /><small>{siteName(s.site)}</small></> },
    { key: 'state', label: 'col.state', share: 1.5, cell: (s) => <><State state={plugState(s)} /><small>{t('now.for', { time: format.duration(now.value - Date.parse(s.started_at ?? s.received_at)) })}</small></> },
    { key: 'power', label: 'col.power', num: true, share: 0.9, cell: (s) => <Power w={s.power_w} /> },
    { key: 'limit', label: 'col.may_draw', share: 1.8, cell: (s) => <Limit session={s} /> },
    { key: 'energy', label: 'col.energy', num: true, share: 1, cell: (s) => <Energy wh={s.energy_wh} /> },
    { key: 'car', label: 'col.car', from: 'desktop', share: 1.7, cell: (s) => <Car session={s} /> },
    { key: 'why', label: 'col.why', share: 2.6, cell: (s) => <Why session={s} /> },
];

/* On a phone a table would be cut: each car has two lines. */
function Lines({ rows }: { rows: readonly Session[] }) {
    return (
        <ul class="cars plain">
            {rows.map(({ id }) => {
                const s = openSessions.get(id)?.value;
                return s && (
                    <li key={id}>
                        <div>
                            <div class="spread"><span><Name session={s} /> <State state={plugState(s)} /></span><span class="num"><Power w={s.power_w} /></span></div>
                            <Limit session={s} />
                            <Why session={s} />
                        </div>
                    </li>
                );
            })}
        </ul>
    );
}

export function ChargingCard() {
    const rows = openSessions.all().sort((a, b) => (a.received_at < b.received_at ? 1 : -1)).slice(0, shownMax);
    const all = openSessions.all().length;
    return (
        <section class="card" aria-labelledby="charging-title">
            <header><h2 id="charging-title">{t('now.charging_title')}</h2>{all > 0 && <a href="/sessions?state=open">{t('now.all', { n: all })}</a>}</header>
            {openSessions.state.value === 'loading' ? <Bones lines={6} />
                : rows.length === 0 ? <Empty title={t('now.nobody')}><p>{t('now.nobody_why')}</p></Empty>
                : width.value === 'phone' ? <Lines rows={rows} />
                : <Table label={t('now.charging_title')} columns={columns} rows={rows} keyOf={(s) => s.id}
                         liveOf={(id) => openSessions.get(id)} roomy href={(s) => (s.station ? `/stations/${encodeURIComponent(s.station)}` : `/sessions/${s.id}`)} />}
        </section>
    );
}
