/* What a site is called, the rules that hold there, and which stations stand there. */
import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import { go } from '../../../shared/router';
import { useDeed } from '../../parts/ask';
import { Dialog } from '../../parts/dialog';
import { Form } from '../../parts/form';
import { Empty, ProblemNote } from '../../parts/note';
import { PickStations } from '../../parts/pick-stations';
import { State, stateOf } from '../../parts/state';
import { type Column, Table } from '../../parts/table';
import { toast } from '../../parts/toast';
import { load, sites, stations } from '../../store/live';
import { may } from '../../store/me';
import type { Site, Station } from '../../store/types.gen';
import { t } from '../../t';
import { moveStation, saveSite, siteFields, siteValues } from '../sites/dialog';

/* Several at once: those that stand nowhere first. */
function PickDialog({ site, others, onClose }: { site: Site; others: Station[]; onClose: () => void }) {
    const chosen = useSignal<ReadonlySet<string>>(new Set());
    const add = useDeed(async () => { for (const id of chosen.peek()) await moveStation(id, site.id); });
    const from = [...others].sort((a, b) => Number(!!a.site) - Number(!!b.site) || (a.name || a.id).localeCompare(b.name || b.id, undefined, { numeric: true }));
    return (
        <Dialog title={t('site.assign')} onClose={onClose}>
            <PickStations label={t('site.which_stations')} from={from} chosen={chosen} />
            {add.problem.value && <ProblemNote problem={add.problem.value} />}
            <div class="row end"><button type="button" onClick={onClose}>{t('cancel')}</button>
                <button type="button" class="primary" disabled={chosen.value.size === 0 || add.busy.value} onClick={() => void add.run().then((done) => { if (done) onClose(); })}>{t('site.assign_n', { n: chosen.value.size })}</button></div>
        </Dialog>
    );
}

function Stations({ site }: { site: Site }) {
    const picking = useSignal(false);
    const shift = useDeed(moveStation);
    const here = stations.all().filter((s) => s.site === site.id);
    const others = stations.all().filter((s) => s.site !== site.id);
    const mayWrite = may('station.write');
    const columns: Column<Station>[] = [
        { key: 'name', label: 'col.station', share: 2, cell: (s) => <a href={`/stations/${encodeURIComponent(s.id)}`}>{s.name || s.id}</a> },
        { key: 'state', label: 'col.state', cell: (s) => <State state={stateOf(s)} /> },
        { key: 'remove', label: 'edit', quiet: true, cell: (s) => mayWrite && <button type="button" class="plain" aria-label={`${t('site.take_out')} ${s.id}`} onClick={() => void shift.run(s.id, null)}>{t('site.take_out')}</button> },
    ];
    return (
        <section class="card" aria-labelledby="here-title">
            <header><h2 id="here-title">{t('page.stations')}</h2><span class="row"><a href={`/stations?site=${encodeURIComponent(site.id)}`}>{t('site.list')}</a>
                {mayWrite && others.length > 0 && <button type="button" onClick={() => (picking.value = true)}>{t('site.assign')}</button>}</span></header>
            {shift.problem.value && <div class="pad"><ProblemNote problem={shift.problem.value} /></div>}
            {here.length === 0 ? <Empty title={t('site.no_stations')} /> : <Table label={t('page.stations')} columns={columns} rows={here} keyOf={(s) => s.id} liveOf={(id) => stations.get(id)} />}
            {picking.value && <PickDialog site={site} others={others} onClose={() => (picking.value = false)} />}
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
