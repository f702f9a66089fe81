/* Stations: all of them, found by words and filters that stay in the address. */
import { useMemo } from 'preact/hooks';
import { PageHead } from '../../frame/head';
import { query, setQuery } from '../../../shared/router';
import { Filter, Filters, Search } from '../../parts/filters';
import { Bones, Empty } from '../../parts/note';
import { stateOf } from '../../parts/state';
import { Table } from '../../parts/table';
import { load, siteName, sites, stations } from '../../store/live';
import type { Station } from '../../store/types.gen';
import { t, word } from '../../t';
import { columns } from './columns';
import { ConnectDialog } from './connect';
import { StationImport } from './import';

const stateFilters = ['online', 'offline', 'available', 'charging', 'preparing', 'suspended_ev', 'suspended_evse', 'finishing', 'reserved',
    'unavailable', 'faulted', 'pending', 'rejected'];

function inState(station: Station, state: string): boolean {
    if (state === 'online') return station.connected;
    if (state === 'pending' || state === 'rejected') return station.registration === state;
    return stateOf(station) === state || (station.connected && station.evses.some((e) => e.connectors.some((c) => c.status === state)));
}

function wordsOf(s: Station): string {
    const printed = s.evses.flatMap((e) => e.connectors.map((c) => c.printed_id ?? ''));
    return [s.id, s.name, s.vendor, s.model, s.serial, s.firmware, siteName(s.site), ...printed].join(' ').toLowerCase();
}

function useShown(): Station[] {
    const [q, state, site, protocol] = [query('q').toLowerCase().trim(), query('state'), query('site'), query('protocol')];
    const turn = stations.changed.value + sites.changed.value;
    return useMemo(() => {
        const parts = q.split(/\s+/).filter(Boolean);
        return stations.all().filter((s) => (!state || inState(s, state)) && (!site || (site === 'none' ? !s.site : s.site === site)) && (!protocol || s.protocol === protocol)
            && (parts.length === 0 || parts.every((part) => wordsOf(s).includes(part))));
    }, [q, state, site, protocol, turn]);
}

function StationFilters() {
    const protocols = [...new Set(stations.all().map((s) => s.protocol ?? ''))].filter(Boolean).sort();
    return (
        <Filters first={<Search label={t('stations.search')} />} names={['state', 'site', 'protocol']}>
            <Filter name="state" label={t('col.state')} options={stateFilters.map((value) => ({ value, label: word('state', value) }))} />
            <Filter name="site" label={t('col.site')} options={[...sites.all().map((s) => ({ value: s.id, label: s.name })), { value: 'none', label: t('site.none') }]} />
            <Filter name="protocol" label={t('col.protocol')} options={protocols.map((value) => ({ value, label: word('protocol', value) }))} />
        </Filters>
    );
}

export default function StationsPage() {
    const rows = useShown();
    const filtered = !!(query('q') || query('state') || query('site') || query('protocol'));
    const loading = stations.state.value === 'loading';
    const close = () => setQuery({ connect: undefined, import: undefined });
    return (
        <>
            <PageHead title={t('page.stations')}>
                <button type="button" onClick={() => setQuery({ import: '1' })}>{t('import.title')}</button>
                <button type="button" class="primary" onClick={() => setQuery({ connect: '1' })}>{t('connect.title')}</button>
            </PageHead>
            <StationFilters />
            <section class="card" aria-label={t('page.stations')}>
                {loading ? <Bones lines={12} />
                    : stations.state.value === 'failed' && stations.size === 0
                        ? <Empty title={t('failed.title')}><button type="button" onClick={() => void load.stations()}>{t('again')}</button></Empty>
                    : rows.length === 0 && filtered
                        ? <Empty title={t('stations.no_match')}><button type="button" onClick={() => setQuery({ q: undefined, state: undefined, site: undefined, protocol: undefined })}>{t('filter.clear')}</button></Empty>
                    : rows.length === 0
                        ? <Empty title={t('first.title')}><p>{t('first.why')}</p><button type="button" class="primary" onClick={() => setQuery({ connect: '1' })}>{t('connect.title')}</button></Empty>
                    : <Table label={t('page.stations')} columns={columns} rows={rows} keyOf={(s) => s.id} liveOf={(id) => stations.get(id)} sortable sortedBy="name" tight
                             href={(s) => `/stations/${encodeURIComponent(s.id)}`} />}
                {!loading && <div class="tail"><span>{t('stations.count', { n: rows.length, total: stations.size })}</span></div>}
            </section>
            {query('connect') && <ConnectDialog onClose={close} />}
            {query('import') && <StationImport onClose={close} />}
        </>
    );
}
