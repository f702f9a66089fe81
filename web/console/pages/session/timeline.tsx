/* The session as a line of time, from the facts that it has. */
import * as format from '../../../shared/format';
import { Shape } from '../../parts/state';
import { now } from '../../parts/time';
import type { Session } from '../../store/types.gen';
import { t, word } from '../../t';

interface Mark {
    at: string;
    shape: 'available' | 'charging' | 'preparing' | 'faulted' | 'offline' | 'reserved';
    text: string;
    why?: string;
}

const lateMs = 60_000; // a fact that came a minute after it happened was kept by the station

function marksOf(s: Session): Mark[] {
    const marks: Mark[] = [];
    const refused = s.flags.includes('token_refused');
    if (s.started_at) marks.push({ at: s.started_at, shape: refused ? 'faulted' : 'available', text: t('timeline.start', { token: s.token ?? t('token.none') }), why: word('token_status_why', s.token_status) });
    else marks.push({ at: s.received_at, shape: 'preparing', text: t('timeline.no_start'), why: t('timeline.no_start_why') });
    if (s.started_at && Date.parse(s.received_at) - Date.parse(s.started_at) > lateMs)
        marks.push({ at: s.received_at, shape: 'offline', text: t('timeline.late'), why: t('timeline.late_why', { time: format.duration(Date.parse(s.received_at) - Date.parse(s.started_at)) }) });
    if (s.sample_at) marks.push({ at: s.sample_at, shape: 'charging', text: t('timeline.sample', { energy: format.join(format.energy(s.energy_wh)) }), why: s.state === 'open' && s.charging_state !== 'unknown' ? word('charging_state', s.charging_state) : undefined });
    const end = s.ended_at ?? s.seen_at;
    if (s.state === 'ended') marks.push({ at: end, shape: 'available', text: t('timeline.end'), why: s.close_reason ? t('timeline.closed', { who: s.closed_by ?? '?', why: s.close_reason }) : s.stop_reason ? word('stop_reason', s.stop_reason) : undefined });
    if (s.state === 'lost') marks.push({ at: end, shape: 'preparing', text: t('timeline.lost'), why: t('timeline.lost_why') });
    if (s.state === 'orphan') marks.push({ at: end, shape: 'reserved', text: t('timeline.orphan'), why: t('timeline.orphan_why') });
    return marks.sort((a, b) => (a.at < b.at ? -1 : 1));
}

export function Timeline({ session }: { session: Session }) {
    return (
        <section class="card" aria-labelledby="timeline-title">
            <header><h2 id="timeline-title">{t('timeline.title')}</h2></header>
            <ol class="line-of-time">
                {marksOf(session).map((m) => (
                    <li key={m.text}><time dateTime={m.at} title={format.dateTime(m.at)}>{format.moment(m.at, now.value)}</time><Shape kind={m.shape} />
                        <div><b>{m.text}</b>{m.why && <div class="muted">{m.why}</div>}</div></li>
                ))}
            </ol>
        </section>
    );
}
