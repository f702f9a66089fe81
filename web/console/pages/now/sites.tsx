/* The sites in a line each: what their cars draw and may draw, of what the connection carries. */
import * as format from '../../../shared/format';
import { Bar } from '../../parts/bar';
import { Bones } from '../../parts/note';
import { powerRead, sitePower } from '../../store/now';
import { sites } from '../../store/live';
import { t } from '../../t';
import type { PowerNowSite } from '../../store/types.gen';

const shownMax = 6;

const unevenPercent = 10;

/* One phase is much fuller than all together: then there is less room than the bar shows. */
function isUneven(p: PowerNowSite): boolean {
    return !!p.limit_w && p.full_percent <= 100 && p.full_percent > (100 * p.offered_w) / p.limit_w + unevenPercent;
}

/* More flows than may, and not only by what meters read too much. */
function isOver(p: PowerNowSite): boolean {
    return p.limit_w !== null && p.cars_w > p.limit_w * 1.02;
}

function Line({ id, power }: { id: string; power: PowerNowSite }) {
    const name = sites.get(id)?.value.name ?? id;
    const [draws, may] = [format.join(format.power(power.cars_w)), format.join(format.power(power.offered_w))];
    const most = power.limit_w ?? power.offered_w;
    const limit = power.limit_w === null ? '' : format.join(format.power(power.limit_w));
    return (
        <li>
            <div class="spread">
                <a href={`/sites/${id}`}><b>{name}</b></a>
                {isOver(power) ? <span class="tag bad">{t('now.over')}</span> : power.over && <span class="tag warn">{t('now.could')}</span>}
                {power.capped && <span class="tag warn">{t('power.capped')}</span>}
                <span class="num grow">{limit ? t('power.of', { reserved: draws, limit }) : draws}</span>
            </div>
            <Bar most={most} may={power.offered_w} flows={power.cars_w} words={t('now.site_bar', { name, draws, may, limit: limit || '–' })} />
            <small>{t('now.site_cars', { n: power.cars, plugs: power.plugs })}{isUneven(power) && ` · ${t('now.fullest', { percent: Math.round(power.full_percent) })}`}</small>
        </li>
    );
}

/* The fullest first: that is where somebody may have to look. */
export function SitesCard() {
    void sites.changed.value;
    const known = [...sitePower.value].sort((a, b) => b[1].full_percent - a[1].full_percent || (a[0] < b[0] ? -1 : 1));
    if (!powerRead.value && sites.size > 0) return <section class="card" style={{ minHeight: `${41 + 74 * Math.min(sites.size, shownMax)}px` }}><Bones lines={3} /></section>; // what comes has its place
    if (known.length === 0) return null; // nobody shares power yet
    return (
        <section class="card" aria-labelledby="shared-title">
            <header><h2 id="shared-title">{t('now.sites_title')}</h2>
                <small class="legend"><span style={{ color: 'var(--charging)' }}><b class="solid" />{t('power.flows_now')}</span><span style={{ color: 'var(--charging)' }}><b class="kept" />{t('now.may')}</span></small></header>
            <ul class="shares">{known.slice(0, shownMax).map(([id, power]) => <Line key={id} id={id} power={power} />)}</ul>
            {known.length > shownMax && <div class="tail"><a href="/sites">{t('show_all', { n: known.length })}</a></div>}
        </section>
    );
}
