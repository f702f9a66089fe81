import { Plugs, State, connectorsOf, stateOf } from '../../parts/state';
import type { Column } from '../../parts/table';
import { Ago } from '../../parts/time';
import { server, siteName } from '../../store/live';
import type { Station } from '../../store/types.gen';
import { t, word } from '../../t';

/* What needs a look comes first. */
const order = ['faulted', 'rejected', 'pending', 'offline', 'charging', 'suspended_evse', 'suspended_ev', 'preparing', 'finishing', 'occupied',
    'reserved', 'unavailable', 'available', 'unknown'];

function Name({ station: s }: { station: Station }) {
    return (
        <>
            <a href={`/stations/${encodeURIComponent(s.id)}`} class={s.name ? '' : 'mono'}>{s.name || s.id}</a>
            {s.name && <small class="mono"> {s.id}</small>}
            {s.demo && !server.value?.demo && <> <span class="tag">{t('station.demo')}</span></>}
        </>
    );
}

export const columns: readonly Column<Station>[] = [
    { key: 'name', label: 'col.station', share: 2.1, order: (s) => (s.name || s.id).toLowerCase(), cell: (s) => <Name station={s} /> },
    { key: 'state', label: 'col.state', share: 1.75, order: (s) => order.indexOf(stateOf(s)), cell: (s) => <State state={stateOf(s)} /> },
    { key: 'plugs', label: 'col.plugs', share: 0.9, order: (s) => connectorsOf(s).length, cell: (s) => <Plugs station={s} /> },
    { key: 'site', label: 'col.site', from: 'tablet', share: 1.7, order: (s) => siteName(s.site), cell: (s) => siteName(s.site) || <span class="muted">–</span> },
    { key: 'seen', label: 'col.seen', from: 'tablet', share: 1.1, order: (s) => s.last_seen_at ?? '', cell: (s) => <Ago at={s.last_seen_at} /> },
    { key: 'model', label: 'col.model', from: 'desktop', share: 2, order: (s) => `${s.vendor} ${s.model}`, cell: (s) => [s.vendor, s.model].filter(Boolean).join(' ') || '–' },
    { key: 'firmware', label: 'col.firmware', from: 'desktop', share: 0.9, order: (s) => s.firmware ?? '', cell: (s) => s.firmware || '–' },
    { key: 'protocol', label: 'col.protocol', from: 'desktop', order: (s) => s.protocol ?? '', cell: (s) => word('protocol', s.protocol) || '–' },
];
