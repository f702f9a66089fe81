import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import { go } from '../../../shared/router';
import { Dialog } from '../../parts/dialog';
import { type Field, Form, type Values, changesOf } from '../../parts/form';
import { PickStations, homeless, usualPick } from '../../parts/pick-stations';
import { sites, stations } from '../../store/live';
import type { Site, Station } from '../../store/types.gen';
import { t, word } from '../../t';

/* The zones that the browser knows; the list of the server is the same database. */
function zones(): { value: string; label: string }[] {
    const intl = Intl as typeof Intl & { supportedValuesOf?: (key: string) => string[] };
    return ['UTC', ...(intl.supportedValuesOf?.('timeZone') ?? [])].map((value) => ({ value, label: '' }));
}

const currencies = ['EUR', 'CHF', 'GBP', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'USD', 'CAD', 'AUD'];

export const siteFields: readonly Field[] = [
    { name: 'name', label: 'col.name', required: true, maxLength: 100 },
    { name: 'time_zone', label: 'site.time_zone', required: true, suggestions: zones, hint: 'site.time_zone_hint' },
    { name: 'currency', label: 'site.currency', required: true, maxLength: 3, suggestions: () => currencies.map((value) => ({ value, label: '' })) },
    { name: 'address', label: 'site.address', maxLength: 500 },
    { name: 'unknown_tokens', label: 'field.unknown_tokens', kind: 'select', hint: 'field.unknown_tokens_hint', options: () => ['inherit', 'refuse', 'accept'].map((value) => ({ value, label: word('unknown_tokens', value) })) },
    { name: 'lost_after_s', label: 'site.lost_after', kind: 'number', hint: 'site.lost_after_hint', min: 60, max: 31536000 },
];

export function siteValues(site: Site): Values {
    return { name: site.name, time_zone: site.time_zone, currency: site.currency, address: site.address, unknown_tokens: site.unknown_tokens, lost_after_s: site.lost_after_s ?? undefined };
}

export async function saveSite(site: Site, before: Values, after: Values): Promise<void> {
    const changes = changesOf(before, after);
    if (changes.address === null) changes.address = '';
    if (Object.keys(changes).length) await request('PATCH', `/sites/${site.id}`, changes, { etag: `"${site.version}"` });
}

/* The rest is asked for when it is wanted, under the site's settings. */
const firstFields = siteFields.filter((f) => ['name', 'time_zone', 'currency', 'address'].includes(f.name));

/* A site that was just made is shown: its stations and limits come next. */
export async function moveStation(station: string, site: string | null): Promise<void> {
    stations.put(await request<Station>('PATCH', `/stations/${encodeURIComponent(station)}`, { site }));
}

export function SiteDialog({ onClose }: { onClose: () => void }) {
    const chosen = useSignal(usualPick());
    const free = homeless();
    const before: Values = { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, currency: 'EUR', unknown_tokens: 'inherit' };
    const add = async (after: Values) => {
        const made = await request<Site>('POST', '/sites', Object.fromEntries(Object.entries(after).filter(([, v]) => v !== '' && v !== undefined)));
        sites.put(made);
        for (const id of chosen.peek()) await moveStation(id, made.id);
        go(`/sites/${made.id}`);
    };
    return (
        <Dialog title={t('site.add')} onClose={onClose}>
            <Form fields={firstFields} initial={before} submit={t('site.add')} onCancel={onClose} onDone={onClose} onSubmit={add}
                  below={() => free.length > 0 && <PickStations label={t('site.which_stations')} from={free} chosen={chosen} />} />
        </Dialog>
    );
}
