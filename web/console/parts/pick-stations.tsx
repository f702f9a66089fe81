/* Stations to tick: for a site that gets them all at once, not one after the other. */
import { type Signal, useSignal } from '@preact/signals';
import { siteName, sites, stations } from '../store/live';
import type { Station } from '../store/types.gen';
import { t } from '../t';
import { State, stateOf } from './state';

const searchFrom = 12;
const shownMax = 200; // more are found by typing

const byName = (a: Station, b: Station) => (a.name || a.id).localeCompare(b.name || b.id, undefined, { numeric: true });

/* Those that stand nowhere yet. */
export function homeless(): Station[] {
    return stations.all().filter((s) => !s.site).sort(byName);
}

/* Who makes a first site means it for all there is. */
export function usualPick(): ReadonlySet<string> {
    return new Set(sites.size === 0 ? homeless().map((s) => s.id) : []);
}

interface Props {
    label: string;
    from: readonly Station[];
    chosen: Signal<ReadonlySet<string>>;
}

export function PickStations({ label, from, chosen }: Props) {
    const find = useSignal('');
    const words = find.value.toLowerCase();
    const shown = from.filter((s) => `${s.name} ${s.id} ${siteName(s.site)}`.toLowerCase().includes(words)).slice(0, shownMax);
    const all = shown.length > 0 && shown.every((s) => chosen.value.has(s.id));
    const put = (ids: readonly string[], on: boolean) => {
        const now = new Set(chosen.peek());
        for (const id of ids) if (on) now.add(id); else now.delete(id);
        chosen.value = now;
    };
    return (
        <fieldset class="field whole">
            <legend class="label">{label}</legend>
            {from.length >= searchFrom && <input type="search" aria-label={t('pick.find')} placeholder={t('pick.find')} value={find.value} onInput={(e) => (find.value = e.currentTarget.value)} />}
            {shown.length > 1 && <label class="row all"><input type="checkbox" checked={all} onChange={(e) => put(shown.map((s) => s.id), e.currentTarget.checked)} />{t('pick.all', { n: shown.length })}</label>}
            <ul class="pick">
                {shown.map((s) => (
                    <li key={s.id}><label><input type="checkbox" checked={chosen.value.has(s.id)} onChange={(e) => put([s.id], e.currentTarget.checked)} />
                        <span>{s.name || s.id} {s.name && <small class="mono">{s.id}</small>} {s.site && <small>{siteName(s.site)}</small>}</span><State state={stateOf(s)} /></label></li>
                ))}
            </ul>
        </fieldset>
    );
}
