/* Sessions, past and present; the filters are the server's own. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { PageHead } from '../../frame/head';
import { everyPart, withQuery } from '../../../shared/api';
import { download, joinCsv } from '../../../shared/csv';
import { query, setQuery } from '../../../shared/router';
import { DayFilter, Filter, Filters, Search } from '../../parts/filters';
import { useDeed } from '../../parts/ask';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { usePages } from '../../parts/pages';
import { Table } from '../../parts/table';
import { lastSession, openSessions, sites, stations } from '../../store/live';
import type { Session } from '../../store/types.gen';
import { t, word } from '../../t';
import { columns } from './columns';

const states = ['open', 'ended', 'lost', 'orphan'];
export const flags = ['schema', 'clock', 'gap', 'meter_regression', 'meter_reset', 'unit', 'token_refused', 'duplicate', 'unknown_transaction', 'superseded', 'energy_implausible', 'free_vend', 'meter_missing', 'meter_interval'];
const filterNames = ['station', 'site', 'token', 'state', 'flag', 'from', 'to'];

/* A day of the address as the moment that the API wants: local midnight, and of `to` the end of that day. */
function filterOf(): Record<string, string | undefined> {
    const day = (name: string, plusDays: number) => {
        if (!query(name)) return undefined;
        const at = new Date(`${query(name)}T00:00:00`);
        at.setDate(at.getDate() + plusDays);
        return at.toISOString();
    };
    return { station: query('station'), site: query('site'), token: query('token'), state: query('state'), flag: query('flag'), from: day('from', 0), to: day('to', 1) };
}

function SessionFilters() {
    return (
        <Filters first={<Search name="station" label={t('col.station')} list={() => stations.rows().map((s) => ({ value: s.id, label: s.name }))} />}
                 names={filterNames.slice(1)}>
            <Search name="token" label={t('col.token')} />
            <Filter name="site" label={t('col.site')} options={sites.all().map((s) => ({ value: s.id, label: s.name }))} />
            <Filter name="state" label={t('col.state')} options={states.map((value) => ({ value, label: word('session_state', value) }))} />
            <Filter name="flag" label={t('session.flag')} options={flags.map((value) => ({ value, label: word('flag', value) }))} />
            <DayFilter name="from" label={t('filter.from')} />
            <DayFilter name="to" label={t('filter.to')} />
        </Filters>
    );
}

export default function SessionsPage() {
    const filter = filterOf();
    const path = withQuery('/sessions', { ...filter, limit: 100 });
    const pages = usePages<Session>(path);
    const save = useDeed(async () => download('sessions.csv', 'text/csv', joinCsv(await everyPart('/sessions.csv', filter))));
    const fresh = useSignal<string>('');
    useEffect(() => {
        const session = lastSession.value;
        const first = pages.items.value?.[0];
        if (session && first && session.id !== fresh.peek() && !pages.items.peek()!.some((s) => s.id === session.id)) {
            fresh.value = session.id;
            pages.again();
        } else if (session && pages.items.peek()?.some((s) => s.id === session.id))
            pages.items.value = pages.items.peek()!.map((s) => (s.id === session.id ? session : s));
    }, [lastSession.value]);
    const filtered = filterNames.some((name) => query(name));
    const rows = pages.items.value;
    return (
        <>
            <PageHead title={t('page.sessions')}>
                <button type="button" disabled={save.busy.value} onClick={() => void save.run()}>{t('export_csv')}</button>
            </PageHead>
            {save.problem.value && <ProblemNote problem={save.problem.value} again={() => void save.run()} />}
            <SessionFilters />
            <section class="card" aria-label={t('page.sessions')}>
                {pages.problem.value && <div class="pad"><ProblemNote problem={pages.problem.value} again={pages.again} /></div>}
                {!rows ? <Bones lines={12} />
                    : rows.length === 0 ? <Empty title={filtered ? t('session.no_match') : t('session.none')}>
                        {filtered ? <button type="button" onClick={() => setQuery(Object.fromEntries(filterNames.map((n) => [n, undefined])))}>{t('filter.clear')}</button> : <p>{t('session.none_why')}</p>}</Empty>
                    : <Table label={t('page.sessions')} columns={columns} rows={rows} keyOf={(s) => s.id} liveOf={(id) => openSessions.get(id)} href={(s) => `/sessions/${s.id}`} tight
                             isNew={(s) => s.id === fresh.value} />}
                {pages.more.value && <div class="tail"><button type="button" class="plain" disabled={pages.busy.value} onClick={pages.next}>{t('show_more')}</button></div>}
            </section>
        </>
    );
}
