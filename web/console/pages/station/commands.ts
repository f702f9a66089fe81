/* Everything that a station can be asked to do: one row each. The names, and the bodies, are those of the API. */
import type { Field, Option, Values } from '../../parts/form';
import { connectorsOf } from '../../parts/state';
import { openSessions } from '../../store/live';
import type { Station } from '../../store/types.gen';
import { type Key, t, word } from '../../t';
import { tokenSuggestions } from '../../store/tokens';

export interface Command {
    name: string;
    label: Key;
    /* What it does, in a sentence. */
    why: Key;
    right?: string;
    danger?: boolean;
    fields: (station: Station) => Field[];
    initial: (station: Station) => Values;
    body: (values: Values) => Record<string, unknown>;
    /* Where it is sent when it is not a command of that name. */
    path?: string;
}

function plugs(station: Station): Option[] {
    return connectorsOf(station).map((c) => ({
        value: `${c.evse}.${c.id}`,
        label: [t('plug.n', { n: c.evse }), c.id > 1 ? `/ ${c.id}` : '', c.printed_id, word('state', c.status)].filter(Boolean).join(' '),
    }));
}

function firstPlug(station: Station, ...wanted: string[]): string {
    const all = connectorsOf(station);
    const one = all.find((c) => wanted.includes(c.status)) ?? all[0];
    return one ? `${one.evse}.${one.id}` : '';
}

function place(value: unknown): { evse?: number; connector?: number } {
    const [evse, connector] = String(value ?? '').split('.').map(Number);
    return evse ? { evse, connector: connector || undefined } : {};
}

const plugField = (station: Station, wholeToo = false): Field => ({
    name: 'plug', label: 'plug.label', kind: 'choices',
    options: () => [...(wholeToo ? [{ value: '', label: t('plug.whole') }] : []), ...plugs(station)],
});

const messages = ['BootNotification', 'StatusNotification', 'MeterValues', 'Heartbeat', 'TransactionEvent', 'LogStatusNotification',
    'FirmwareStatusNotification', 'DiagnosticsStatusNotification', 'SignChargePointCertificate', 'SignChargingStationCertificate'];

export const commands: readonly Command[] = [
    {
        name: 'remote_start', label: 'command.start', why: 'command.start_why',
        fields: (s) => [
            plugField(s),
            { name: 'token', label: 'col.token', hint: 'command.start_token', mono: true, suggestions: tokenSuggestions },
        ],
        initial: (s) => ({ plug: firstPlug(s, 'preparing', 'occupied', 'available') }),
        body: (v) => ({ token: v.token || undefined, evse: place(v.plug).evse, connector: place(v.plug).connector }),
    },
    {
        name: 'remote_stop', label: 'command.stop', why: 'command.stop_why',
        fields: (s) => [{
            name: 'session', label: 'page.session', kind: 'choices',
            options: () => openSessions.rows().filter((x) => x.station === s.id)
                .map((x) => ({ value: x.id, label: `${t('plug.n', { n: x.evse })} · ${x.token ?? t('token.none')}` })),
        }],
        initial: (s) => ({ session: openSessions.rows().find((x) => x.station === s.id)?.id }),
        body: (v) => ({ session: v.session }),
    },
    {
        name: 'unlock', label: 'command.unlock', why: 'command.unlock_why', fields: (s) => [plugField(s)],
        initial: (s) => ({ plug: firstPlug(s, 'finishing', 'charging', 'suspended_ev') }), body: (v) => place(v.plug),
    },
    {
        name: 'reset', label: 'command.reset', why: 'command.reset_why',
        fields: () => [{
            name: 'kind', label: 'command.reset_kind', kind: 'choices', hint: 'command.reset_hint',
            options: () => [{ value: 'soft', label: t('command.reset_soft') }, { value: 'hard', label: t('command.reset_hard') }],
        }],
        initial: () => ({ kind: 'soft' }), body: (v) => ({ kind: v.kind }),
    },
    {
        name: 'change_availability', label: 'command.availability', why: 'command.availability_why',
        fields: (s) => [
            {
                name: 'operative', label: 'command.availability_to', kind: 'choices',
                options: () => [{ value: 'yes', label: t('command.in_service') }, { value: 'no', label: t('command.out_of_service') }],
            },
            plugField(s, true),
        ],
        initial: () => ({ operative: 'no', plug: '' }), body: (v) => ({ operative: v.operative === 'yes', ...place(v.plug) }),
    },
    {
        name: 'trigger', label: 'command.trigger', why: 'command.trigger_why',
        fields: (s) => [
            { name: 'message', label: 'command.message', required: true, suggestions: () => messages.map((value) => ({ value, label: '' })) },
            plugField(s, true),
        ],
        initial: () => ({ message: 'StatusNotification', plug: '' }), body: (v) => ({ message: v.message, evse: place(v.plug).evse }),
    },
    { name: 'clear_cache', label: 'command.clear_cache', why: 'command.clear_cache_why', fields: () => [], initial: () => ({}), body: () => ({}) },
    {
        name: 'data_transfer', label: 'command.data_transfer', why: 'command.data_transfer_why',
        fields: () => [
            { name: 'vendor_id', label: 'command.vendor_id', required: true, maxLength: 255 },
            { name: 'message_id', label: 'command.message_id', maxLength: 50 },
            { name: 'data', label: 'command.data', kind: 'area' },
        ],
        initial: () => ({}), body: (v) => ({ vendor_id: v.vendor_id, message_id: v.message_id || undefined, data: v.data || undefined }),
    },
    {
        name: 'call', label: 'command.call', why: 'command.call_why', right: 'station.call', path: 'calls',
        fields: () => [
            { name: 'action', label: 'command.action', required: true, mono: true, maxLength: 50 },
            { name: 'payload', label: 'command.payload', kind: 'area', required: true },
        ],
        initial: () => ({ action: '', payload: '{\n}' }),
        body: (v) => ({ action: v.action, payload: parsePayload(String(v.payload)) }),
    },
];

function parsePayload(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch (error) {
        throw new Error(t('command.bad_json', { why: String((error as Error).message) }));
    }
}

export function commandNamed(name: string): Command {
    return commands.find((c) => c.name === name)!;
}
