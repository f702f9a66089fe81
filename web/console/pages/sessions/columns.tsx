import { Energy } from '../../parts/quantity';
import { SessionStateWord } from '../../parts/state';
import { width } from '../../parts/screen';
import type { Column } from '../../parts/table';
import { Lasted, Moment } from '../../parts/time';
import { siteName, stations } from '../../store/live';
import type { Session } from '../../store/types.gen';
import { t, word } from '../../t';

export function Flags({ flags }: { flags: readonly string[] }) {
    return <>{flags.map((f) => <span key={f} class="tag warn" title={word('flag_why', f)}>{word('flag', f)}</span>)}</>;
}

/* As people call it; by its identity where it has no name. */
function Place({ session: s }: { session: Session }) {
    const name = s.station ? stations.get(s.station)?.value.name : undefined;
    return name ? <span title={s.station ?? ''}>{name} · {s.evse}</span> : <span class="mono">{s.station ?? t('session.station_gone')} · {s.evse}</span>;
}

export const columns: readonly Column<Session>[] = [
    { key: 'started', label: 'session.started', share: 1.3, cell: (s) => <>{width.value === 'phone' && <SessionStateWord state={s.state} short />} <a href={`/sessions/${s.id}`}><Moment at={s.started_at ?? s.received_at} /></a></> },
    { key: 'station', label: 'col.station', share: 1.5, cell: (s) => <Place session={s} /> },
    { key: 'site', label: 'col.site', from: 'desktop', cell: (s) => siteName(s.site) || '–' },
    { key: 'state', label: 'col.state', from: 'tablet', cell: (s) => <SessionStateWord state={s.state} /> },
    { key: 'lasted', label: 'session.lasted', from: 'desktop', num: true, cell: (s) => <Lasted from={s.started_at ?? s.received_at} to={s.state === 'open' ? null : s.ended_at ?? s.seen_at} /> },
    { key: 'energy', label: 'col.energy', num: true, cell: (s) => <Energy wh={s.energy_wh} /> },
    { key: 'token', label: 'col.token', from: 'tablet', share: 1.3, cell: (s) => <span class="mono">{s.token ?? '–'}</span> },
    { key: 'flags', label: 'session.flags', from: 'tablet', share: 1.4, cell: (s) => <Flags flags={s.flags} /> },
];
