/* Details: what people decide about a station. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { request } from '../../../shared/api';
import { type Field, Form, type Values, changesOf } from '../../parts/form';
import { toast } from '../../parts/toast';
import { Ago } from '../../parts/time';
import { sites, stations } from '../../store/live';
import { may } from '../../store/me';
import type { Station } from '../../store/types.gen';
import { type Key, t, word } from '../../t';
import { BehaviourCard } from './behaviour';
import { ConnectorLabels } from './labels';
import { DeleteDialog, PasswordDialog, ReplaceDialog } from './dialogs';

const words = (group: string, values: readonly string[]) => () => values.map((value) => ({ value, label: word(group, value) }));

const fields: readonly Field[] = [
    { name: 'name', label: 'field.name', hint: 'field.name_hint', maxLength: 100 },
    { name: 'site', label: 'col.site', kind: 'select', options: () => [{ value: '', label: t('site.none') }, ...sites.all().map((s) => ({ value: s.id, label: s.name }))] },
    { name: 'registration', label: 'field.registration', kind: 'select', hint: 'field.registration_hint', options: words('state', ['accepted', 'pending', 'rejected']) },
    { name: 'security_profile', label: 'field.security', kind: 'select', hint: 'field.security_hint', options: words('security', ['0', '1', '2', '3']) },
    { name: 'unknown_tokens', label: 'field.unknown_tokens', kind: 'select', hint: 'field.unknown_tokens_hint', options: words('unknown_tokens', ['inherit', 'refuse', 'accept']) },
    { name: 'note', label: 'field.note', kind: 'area', whole: true },
    { name: 'protocol_default', rare: true, label: 'field.protocol_default', kind: 'select', hint: 'field.protocol_default_hint', options: () => [{ value: '', label: t('field.protocol_last') }, ...words('protocol', ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'])()] },
    { name: 'heartbeat_interval_s', rare: true, label: 'field.heartbeat', kind: 'number', hint: 'field.default_hint', min: 1, max: 86400 },
    { name: 'ping_interval_s', rare: true, label: 'field.ping', kind: 'number', hint: 'field.default_hint', min: 5, max: 86400 },
    { name: 'frame_bytes_max', rare: true, label: 'field.frame_bytes', kind: 'number', hint: 'field.default_hint', min: 4096, max: 16777216 },
    { name: 'items_per_message', rare: true, label: 'field.items', kind: 'number', hint: 'field.items_hint', min: 1, max: 1000 },
    { name: 'lenient', rare: true, label: 'field.lenient', kind: 'check', hint: 'field.lenient_hint' },
    { name: 'ask_after_boot', rare: true, label: 'field.ask_after_boot', kind: 'check', hint: 'field.ask_after_boot_hint' },
];

function initialOf(station: Station): Values {
    const all = station as unknown as Values;
    return Object.fromEntries(fields.map(({ name }) => {
        const value = all[name] ?? undefined;
        return [name, name === 'security_profile' ? String(value) : value];
    }));
}

async function save(station: Station, before: Values, after: Values): Promise<void> {
    const changes = changesOf(before, after);
    if (changes.security_profile !== undefined) changes.security_profile = Number(changes.security_profile);
    for (const text of ['name', 'note']) if (changes[text] === null) changes[text] = '';
    if (Object.keys(changes).length === 0) return;
    stations.put(await request<Station>('PATCH', `/stations/${encodeURIComponent(station.id)}`, changes, { etag: `"${station.version}"` }));
    toast(t('saved'), 'good');
}

const facts: readonly [label: Key, value: (s: Station) => unknown][] = [
    ['col.id', (s) => <code>{s.id}</code>],
    ['field.vendor', (s) => s.vendor], ['col.model', (s) => s.model], ['field.serial', (s) => s.serial], ['col.firmware', (s) => s.firmware],
    ['col.protocol', (s) => word('protocol', s.protocol)], ['field.peer', (s) => s.peer], ['field.iccid', (s) => s.iccid], ['field.imsi', (s) => s.imsi],
    ['field.booted', (s) => s.booted_at && <Ago at={s.booted_at} />], ['field.created', (s) => <Ago at={s.created_at} />],
    ['field.clock', (s) => t('field.clock_ms', { ms: s.clock_offset_ms })],
    ['field.password', (s) => t(s.password_pending ? 'password.pending' : s.has_password ? 'password.set' : 'password.none')],
];

const dialogs = { password: PasswordDialog, replace: ReplaceDialog, delete: DeleteDialog } satisfies Record<string, ComponentType<{ station: Station; onClose: () => void }>>;

export function DetailsTab({ station }: { station: Station }) {
    const open = useSignal<keyof typeof dialogs | undefined>(undefined);
    const before = initialOf(station);
    const Open = open.value && dialogs[open.value];
    const mayWrite = may('station.write');
    return (
        <div class="two">
            <section class="card pad stack" aria-labelledby="settings-title">
                <h2 id="settings-title">{t('station.settings')}</h2>
                <Form key={station.version} columns fields={fields} initial={before} submit={t('save')} onSubmit={(after) => save(station, before, after)} />
            </section>
            <div class="stack">
                <section class="card pad stack" aria-labelledby="facts-title">
                    <h2 id="facts-title">{t('station.facts')}</h2>
                    <dl class="kv">{facts.map(([label, value]) => {
                        const shown = value(station);
                        return shown ? <><dt>{t(label)}</dt><dd>{shown as string}</dd></> : null;
                    })}</dl>
                </section>
                <BehaviourCard station={station} />
                <ConnectorLabels station={station} />
                {mayWrite && (
                    <section class="card pad row" aria-label={t('station.more')}>
                        <button type="button" onClick={() => (open.value = 'password')}>{t('password.title')}</button>
                        <button type="button" onClick={() => (open.value = 'replace')}>{t('replace.title')}</button>
                        <button type="button" class="danger" onClick={() => (open.value = 'delete')}>{t('station.delete')}</button>
                    </section>
                )}
            </div>
            {Open && <Open station={station} onClose={() => (open.value = undefined)} />}
        </div>
    );
}
