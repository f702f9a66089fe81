/* What a site is called, the rules that hold there, and which stations stand there. */
import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import { go } from '../../../shared/router';
import { useDeed } from '../../parts/ask';
import { Form } from '../../parts/form';
import { Empty, ProblemNote } from '../../parts/note';
import { State, stateOf } from '../../parts/state';
import { type Column, Table } from '../../parts/table';
import { toast } from '../../parts/toast';
import { load, sites, stations } from '../../store/live';
import { may } from '../../store/me';
import type { Site, Station } from '../../store/types.gen';
import { t } from '../../t';
import { saveSite, siteFields, siteValues } from '../sites/dialog';

async function move(station: string, site: string | null): Promise<void> {
    stations.put(await request<Station>('PATCH', `/stations/${encodeURIComponent(station)}`, { site }));
}

function Stations({ site }: { site: Site }) {
    const chosen = useSignal('');
    const shift = useDeed(move);
    const here = stations.all().filter((s) => s.site === site.id);
    const others = stations.all().filter((s) => s.site !== site.id);
    const mayWrite = may('station.write');
    const columns: Column<Station>[] = [
        { key: 'name', label: 'col.station', share: 2, cell: (s) => <a href={`/stations/${encodeURIComponent(s.id)}`}>{s.name || s.id}</a> },
        { key: 'state', label: 'col.state', cell: (s) => <State state={stateOf(s)} /> },
        { key: 'remove', label: 'edit', quiet: true, cell: (s) => mayWrite && <button type="button" class="plain" aria-label={`${t('site.take_out')} ${s.id}`} onClick={() => void shift.run(s.id, null)}>{t('site.take_out')}</button> },
    ];
    const add = async (event: Event) => {
        event.preventDefault();
        if (chosen.value && (await shift.run(chosen.value, site.id))) chosen.value = '';
    };
    return (
        <section class="card" aria-labelledby="here-title">
            <header><h2 id="here-title">{t('page.stations')}</h2><a href={`/stations?site=${encodeURIComponent(site.id)}`}>{t('site.list')}</a></header>
            {mayWrite && (
                <form class="pad row" onSubmit={(e) => void add(e)}>
                    <input type="text" style={{ flex: '1 1 160px', width: 'auto' }} list="site-others" aria-label={t('site.assign')} placeholder={t('site.assign')} value={chosen.value} onInput={(e) => (chosen.value = e.currentTarget.value)} />
                    <datalist id="site-others">{others.map((s) => <option key={s.id} value={s.id}>{s.name}</option>)}</datalist>
                    <button type="submit" disabled={!stations.get(chosen.value)}>{t('add')}</button>
                </form>
            )}
            {shift.problem.value && <div class="pad"><ProblemNote problem={shift.problem.value} /></div>}
            {here.length === 0 ? <Empty title={t('site.no_stations')} /> : <Table label={t('page.stations')} columns={columns} rows={here} keyOf={(s) => s.id} liveOf={(id) => stations.get(id)} />}
        </section>
    );
}

export function SettingsTab({ site }: { site: Site }) {
    const remove = useDeed(async () => {
        await request('DELETE', `/sites/${site.id}`);
        sites.drop(site.id);
        go('/sites');
    });
    const before = siteValues(site);
    return (
        <div class="two">
            <section class="card pad stack" aria-labelledby="site-title">
                <h2 id="site-title">{t('station.settings')}</h2>
                <Form key={site.version} columns fields={siteFields} initial={before} submit={t('save')} onSubmit={(after) => saveSite(site, before, after)}
                      onDone={() => { void load.sites(); toast(t('saved'), 'good'); }}
                      extra={() => may('site.write') && <button type="button" class="danger" disabled={remove.busy.value} onClick={() => void remove.run()}>{t('site.delete')}</button>} />
                {remove.problem.value && <ProblemNote problem={remove.problem.value} />}
            </section>
            <Stations site={site} />
        </div>
    );
}
