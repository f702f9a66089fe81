/* The cars of a site: what each draws, may draw, needs, and the sentence why. */
import { useSignal } from '@preact/signals';
import * as format from '../../../shared/format';
import { Menu } from '../../parts/menu';
import { Empty } from '../../parts/note';
import { Shape } from '../../parts/state';
import { Moment } from '../../parts/time';
import { may } from '../../store/me';
import type { LiveEvse, LiveSite } from '../../store/power';
import { t } from '../../t';
import { Meter, amount } from './bars';
import { NeedDialog, OverrideDialog } from './dialogs';

function Need({ evse }: { evse: LiveEvse }) {
    if (evse.need_wh === null && !evse.departs_at) return null;
    return (
        <small>
            {evse.need_wh !== null && t('power.needs', { energy: format.join(format.energy(evse.need_wh)) })}
            {evse.departs_at && <> {t(evse.departs_learned ? 'power.likely_until' : 'power.until')} <Moment at={evse.departs_at} /></>}
        </small>
    );
}

function Car({ evse, onLimit, onNeed }: { evse: LiveEvse; onLimit: () => void; onNeed: () => void }) {
    const share = { limit: evse.max_a ?? 0, reserved: evse.confirmed_a ?? evse.booked_a ?? 0, measured: evse.draw_a ?? undefined, unit: 'A' as const, line: undefined };
    const state = !evse.connected ? 'offline' : evse.disobeys ? 'faulted' : (evse.draw_a ?? 0) > 0 ? 'charging' : 'preparing';
    return (
        <li class="car">
            <Shape kind={state} />
            <div>
                <div class="spread">
                    <span>{evse.session ? <a href={`/sessions/${evse.session}`}><b>{evse.name}</b></a> : <b>{evse.name}</b>} <Need evse={evse} /></span>
                    <span class="num">{evse.draw_w === null ? '–' : format.join(format.power(evse.draw_w))}</span>
                </div>
                <Meter share={share} label={evse.name} />
                <div class="why">{t('power.may', { a: amount(share.reserved, 'A') })} · {evse.why_text}{evse.override_a !== null && evse.override_expires_at ? <> ({t('power.until')} <Moment at={evse.override_expires_at} />)</> : null}</div>
            </div>
            {may('power.control') && evse.session && <Menu label="⋯" choices={[{ label: t('power.set_limit'), run: onLimit }, { label: t('power.set_need'), run: onNeed }]} />}
        </li>
    );
}

export function Cars({ live, onChange }: { live: LiveSite; onChange: () => void }) {
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
            {open?.kind === 'need' && <NeedDialog evse={open.evse} onClose={close} />}
        </section>
    );
}
