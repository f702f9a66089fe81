/* Sites: where stations stand, with the time zone and the rules that hold there. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import * as format from '../../../shared/format';
import { PageHead } from '../../frame/head';
import { Bar } from '../../parts/bar';
import { Bones, Empty } from '../../parts/note';
import { Power } from '../../parts/quantity';
import { type Column, Table } from '../../parts/table';
import { openSessions, server, sites, stations } from '../../store/live';
import { may } from '../../store/me';
import { sitePower, watchAll } from '../../store/now';
import type { PowerNowSite, Site } from '../../store/types.gen';
import { t } from '../../t';
import { SiteDialog } from './dialog';

interface Sums {
    stations: number;
    online: number;
    powerW: number;
}

/* Counted from what is live here, so that the table moves with the stations. */
function sumsOf(): Map<string, Sums> {
    const sums = new Map<string, Sums>();
    const at = (id: string | null) => {
        if (!sums.has(id ?? '')) sums.set(id ?? '', { stations: 0, online: 0, powerW: 0 });
        return sums.get(id ?? '')!;
    };
    for (const s of stations.all()) {
        at(s.site).stations++;
        if (s.connected) at(s.site).online++;
    }
    for (const s of openSessions.all()) at(s.site).powerW += s.power_w;
    return sums;
}

/* What flows there; of what the connection carries where that is known. */
function SitePower({ w, power, name }: { w: number; power: PowerNowSite | undefined; name: string }) {
    if (!power || power.limit_w === null) return <Power w={w} />;
    const kw = (v: number) => format.join(format.power(v));
    return (
        <span class="limit-cell wide">
            <Bar most={power.limit_w} may={power.offered_w} flows={w} words={t('now.site_bar', { name, draws: kw(w), may: kw(power.offered_w), limit: kw(power.limit_w) })} />
            <span class="num">{t('power.of', { reserved: kw(w), limit: kw(power.limit_w) })}</span>
        </span>
    );
}

function columnsFor(sums: Map<string, Sums>): Column<Site>[] {
    const of = (s: Site) => sums.get(s.id) ?? { stations: 0, online: 0, powerW: 0 };
    return [
        { key: 'name', label: 'col.site', share: 1.6, cell: (s) => <><a href={`/sites/${s.id}`}>{s.name}</a>{s.demo && !server.value?.demo && <> <span class="tag">{t('station.demo')}</span></>}</> },
        { key: 'stations', label: 'site.online', num: true, share: 0.8, cell: (s) => t('site.online_of', { n: of(s).online, total: of(s).stations }) },
        { key: 'power', label: 'col.power', share: 1.8, cell: (s) => <SitePower w={of(s).powerW} power={sitePower.value.get(s.id)} name={s.name} /> },
        { key: 'zone', label: 'site.time_zone', from: 'tablet', cell: (s) => s.time_zone },
        { key: 'currency', label: 'site.currency', from: 'desktop', cell: (s) => s.currency },
        { key: 'address', label: 'site.address', from: 'desktop', share: 1.6, cell: (s) => s.address || '–' },
    ];
}

export default function SitesPage() {
    const adding = useSignal(false);
    useEffect(watchAll, []);
    const rows = sites.all().sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    const without = stations.all().filter((s) => !s.site).length;
    return (
        <>
            <PageHead title={t('page.sites')}>{may('site.write') && <button type="button" class="primary" onClick={() => (adding.value = true)}>{t('site.add')}</button>}</PageHead>
            <section class="card" aria-label={t('page.sites')}>
                {sites.state.value === 'loading' ? <Bones lines={6} />
                    : rows.length === 0 ? <Empty title={t('site.empty')}><p>{t('site.empty_why')}</p>{may('site.write') && <button type="button" class="primary" onClick={() => (adding.value = true)}>{t('site.add')}</button>}</Empty>
                    : <Table label={t('page.sites')} columns={columnsFor(sumsOf())} rows={rows} keyOf={(s) => s.id} href={(s) => `/sites/${s.id}`} />}
                {without > 0 && <div class="tail"><span>{t('site.without', { n: without })}</span><a href="/stations?site=none">{t('site.show_without')}</a></div>}
            </section>
            {adding.value && <SiteDialog onClose={() => (adding.value = false)} />}
        </>
    );
}
