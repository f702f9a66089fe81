/* The cars of a site: what each draws, may draw, needs, and the sentence why. */
import { useSignal } from '@preact/signals';
import * as format from '../../../shared/format';
import { Bar } from '../../parts/bar';
import { Menu } from '../../parts/menu';
import { Empty } from '../../parts/note';
import { Shape } from '../../parts/state';
import { Moment, now } from '../../parts/time';
import { mayW, needOf, whyOf } from '../../parts/why';
import { may as allows } from '../../store/me';
import type { LiveEvse, LiveSite } from '../../store/power';
import type { Site } from '../../store/types.gen';
import { t, word } from '../../t';
import { NeedDialog, OverrideDialog } from './dialogs';

function Car({ evse, onLimit, onNeed }: { evse: LiveEvse; onLimit: () => void; onNeed: () => void }) {
    const kw = (w: number) => format.join(format.power(w));
    const draws = evse.draw_w ?? 0, may = mayW(evse, draws);
    const need = needOf(evse, now.value).filter(Boolean).join(' ');
    const state = !evse.connected ? 'offline' : evse.disobeys ? 'faulted' : (evse.draw_a ?? 0) > 0 ? 'charging' : 'preparing';
    const steers = allows('power.control') && !!evse.session;
    return (
        <li class="car">
            <Shape kind={state} />
            <div>
                <div class="spread">
                    {evse.session ? <a href={`/sessions/${evse.session}`}><b>{evse.name}</b></a> : <b>{evse.name}</b>}
                    <span class="num">{t('power.of', { reserved: kw(draws), limit: kw(may) })}</span>
                </div>
                <Bar most={evse.max_w} may={may} flows={draws} words={`${evse.name}: ${t('now.limit_bar', { draws: kw(draws), may: kw(may), most: kw(evse.max_w) })}`} />
                <div class="why">{evse.class === 'priority' && <span class="tag">{word('site_class', 'priority')}</span>} {whyOf(evse)}{evse.override_a !== null && evse.override_expires_at ? <> ({t('power.until')} <Moment at={evse.override_expires_at} />)</> : null}</div>
                {steers ? <button type="button" class="plain need" onClick={onNeed}>{need || t('power.say_need')}</button> : need && <small>{need}</small>}
            </div>
            {steers && <Menu label="⋯" name={t('power.steer', { name: evse.name })} choices={[{ label: t('power.set_need'), run: onNeed }, { label: t('power.set_limit'), run: onLimit }]} />}
        </li>
    );
}

export function Cars({ site, live, onChange }: { site: Site; live: LiveSite; onChange: () => void }) {
    const dialog = useSignal<{ kind: 'limit' | 'need'; evse: LiveEvse } | undefined>(undefined);
    const cars = live.evses.filter((e) => e.plugged);
    const close = () => { dialog.value = undefined; onChange(); };
    const open = dialog.value;
    return (
        <section class="card" aria-labelledby="cars-title">
            <header><h2 id="cars-title">{t('power.cars')}</h2><small>{t('power.cars_n', { n: cars.length })}</small></header>
            {cars.length === 0 ? <Empty title={t('power.no_cars')} />
                : <ul class="cars">{cars.map((e) => <Car key={`${e.station} ${e.evse}`} evse={e} onLimit={() => (dialog.value = { kind: 'limit', evse: e })} onNeed={() => (dialog.value = { kind: 'need', evse: e })} />)}</ul>}
            {open?.kind === 'limit' && <OverrideDialog evse={open.evse} onClose={close} />}
            {open?.kind === 'need' && <NeedDialog evse={open.evse} zone={site.time_zone} onClose={close} />}
        </section>
    );
}
