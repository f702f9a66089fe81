/* What a person says over the plan: a cap on a limit, a limit for one car, what a car needs. */
import { Problem, asCurl, request } from '../../../shared/api';
import { serverNow } from '../../../shared/events';
import * as format from '../../../shared/format';
import { Copy } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { type Field, Form, type Values } from '../../parts/form';
import { toast } from '../../parts/toast';
import type { LiveSite } from '../../store/power';
import type { PowerEvseState, Site } from '../../store/types.gen';
import { type Key, t, word } from '../../t';

const durations = [15, 60, 240, 1440];
const durationField: Field = {
    name: 'minutes', label: 'power.for', kind: 'select',
    options: () => [...durations.map((m) => ({ value: String(m), label: t('power.minutes', { time: m < 60 ? `${m} min` : `${m / 60} h` }) })), { value: '', label: t('power.until_lifted') }],
};
const reasonField: Field = { name: 'reason', label: 'power.reason', maxLength: 200 };

function lasting(values: Values): { duration_s?: number; reason?: string } {
    return { ...(values.minutes ? { duration_s: Number(values.minutes) * 60 } : {}), ...(values.reason ? { reason: String(values.reason) } : {}) };
}

function capBody(values: Values): Record<string, unknown> {
    const limit = values.unit === 'A' ? { limit_a: Number(values.limit ?? 0) } : { limit_w: Math.round(Number(values.limit ?? 0) * 1000) };
    return { ...(values.node ? { node: values.node } : {}), ...limit, ...lasting(values) };
}

/* The words of the button that opened it, without its dots. */
const titleOf = (button: Key) => t(button).replace('…', '');

export function CapDialog({ site, live, onClose }: { site: Site; live: LiveSite; onClose: () => void }) {
    const path = `/sites/${site.id}/power/cap`;
    const fields: Field[] = [
        { name: 'node', label: 'power.cap_node', kind: 'select', options: () => live.nodes.filter((n) => n.kind !== 'evse').map((n) => ({ value: n.id, label: n.name })) },
        { name: 'limit', label: 'power.cap_limit', kind: 'number', required: true, min: 0 },
        { name: 'unit', label: 'power.meter_unit', kind: 'choices', options: () => [{ value: 'kW', label: 'kW' }, { value: 'A', label: t('power.a_per_phase') }] },
        durationField, reasonField,
    ];
    return (
        <Dialog title={titleOf('power.cap')} onClose={onClose}>
            <p>{t('power.cap_why')}</p>
            <Form fields={fields} initial={{ node: live.nodes[0]?.id, unit: 'kW', minutes: '60' }} submit={t('power.cap_do')} danger onCancel={onClose}
                  onSubmit={(values) => request('POST', path, capBody(values))} onDone={() => { toast(t('power.cap_done'), 'good'); onClose(); }}
                  extra={(values) => <Copy text={asCurl('POST', path, capBody(values))} label={t('copy_curl')} />} />
        </Dialog>
    );
}

/* What these dialogs have to know of an EVSE and its session. */
export type Steered = Pick<PowerEvseState, 'session' | 'max_a' | 'override_a' | 'need_wh' | 'departs_at' | 'departs_learned'> & { name: string; max_w?: number | null };

/* People think in kilowatts: what a current comes to at this plug. */
function AsPower({ a, evse }: { a: Values[string]; evse: Steered }) {
    if (!a || !evse.max_a || !evse.max_w) return null;
    return <p class="hint whole" role="status">{t('power.as_power', { power: format.join(format.power((Number(a) * evse.max_w) / evse.max_a)) })}</p>;
}

export function OverrideDialog({ evse, onClose }: { evse: Steered; onClose: () => void }) {
    const path = `/sessions/${evse.session}/limit`;
    const body = (values: Values) => ({ limit_a: Number(values.limit_a ?? 0), ...lasting(values) });
    return (
        <Dialog title={`${titleOf('power.set_limit')} · ${evse.name}`} onClose={onClose}>
            <p>{t('power.set_limit_why')}</p>
            <Form fields={[{ name: 'limit_a', label: 'power.limit_a_each', kind: 'number', required: true, min: 0, max: evse.max_a ?? undefined, hint: 'power.set_limit_hint' }, durationField, reasonField]}
                  initial={{ limit_a: evse.override_a ?? evse.max_a ?? undefined, minutes: '60' }} submit={t('power.set_limit_do')} onCancel={onClose}
                  onSubmit={(values) => request('PUT', path, body(values))} onDone={() => { toast(t('saved'), 'good'); onClose(); }}
                  below={(values) => <AsPower a={values.limit_a} evse={evse} />}
                  extra={(values) => <>{evse.override_a !== null && <button type="button" onClick={() => void request('DELETE', path).then(onClose)}>{t('power.lift')}</button>}<Copy text={asCurl('PUT', path, body(values))} label={t('copy_curl')} /></>} />
        </Dialog>
    );
}

/* A local moment for the input, and back. */
function local(iso: string | null): string {
    if (!iso) return '';
    const at = new Date(iso);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const needKwhMax = 200; // no car takes more (the server knows better where the fleet's list names a battery)

function wrong(field: string, words: string): Problem {
    return new Problem(422, words, { field });
}

/* What is wrong at a glance, in the reader's language; the server checks it again. */
function checkNeed(values: Values): void {
    if (Number(values.need_wh ?? 0) > needKwhMax)
        throw wrong('need_wh', t('power.need_too_much', { energy: format.join(format.energy(Number(values.need_wh) * 1000)), most: `${needKwhMax} kWh` }));
    if (values.departs_at && new Date(String(values.departs_at)).getTime() <= serverNow())
        throw wrong('departs_at', t('power.departs_past', { now: format.moment(new Date(serverNow()).toISOString(), serverNow()) }));
    if (!values.need_wh && !values.departs_at && !values.class) throw wrong('need_wh', t('power.need_nothing'));
}

/* What that asks of the plug: an operator sees at once whether it can be done. */
function Feasible({ values, most, zone }: { values: Values; most: number | null; zone?: string }) {
    const at = values.departs_at ? new Date(String(values.departs_at)).getTime() : NaN;
    const hours = (at - serverNow()) / 3_600_000;
    if (!(hours > 0)) return null;
    const there = zone && zone !== Intl.DateTimeFormat().resolvedOptions().timeZone ? ` ${t('power.at_the_site', { time: format.clockIn(new Date(at).toISOString(), zone) })}` : '';
    const w = (Number(values.need_wh ?? 0) * 1000) / hours;
    const args = { time: format.duration(hours * 3_600_000), power: format.join(format.power(w)), most: most === null ? '' : format.join(format.power(most)) };
    const tooFast = most !== null && w > most;
    const words = !values.need_wh ? t('power.leaves_in', args) : t(tooFast ? 'power.need_too_fast' : 'power.need_means', args);
    return <p class={tooFast ? 'note bad whole' : 'hint whole'} role="status">{words}{there}</p>;
}

export function NeedDialog({ evse, zone, onClose }: { evse: Steered; zone?: string; onClose: () => void }) {
    const path = `/sessions/${evse.session}`;
    const body = (values: Values) => ({
        need_wh: values.need_wh === undefined || values.need_wh === '' ? null : Math.round(Number(values.need_wh) * 1000),
        departs_at: values.departs_at ? new Date(String(values.departs_at)).toISOString() : null, class: values.class || null,
    });
    const fields: Field[] = [
        { name: 'need_wh', label: 'power.need_kwh', kind: 'number', min: 0, step: 'any', hint: 'power.need_kwh_hint' },
        { name: 'departs_at', label: 'power.departs', kind: 'datetime-local', hint: 'power.departs_kwh_hint' },
        { name: 'class', label: 'power.class', kind: 'select', options: () => [{ value: '', label: t('power.class_usual') }, ...['priority', 'plan', 'surplus', 'best_effort'].map((value) => ({ value, label: word('site_class', value) }))] },
    ];
    const save = async (values: Values) => {
        checkNeed(values);
        await request('PATCH', path, body(values));
    };
    return (
        <Dialog title={`${t('power.need_title')} · ${evse.name}`} onClose={onClose}>
            <p>{t('power.set_need_why')}</p>
            <Form fields={fields} initial={{ need_wh: evse.need_wh === null ? undefined : Math.round(evse.need_wh / 100) / 10, departs_at: evse.departs_learned ? '' : local(evse.departs_at), class: '' }}
                  submit={t('save')} onCancel={onClose} onSubmit={save} onDone={() => { toast(t('saved'), 'good'); onClose(); }}
                  below={(values) => <Feasible values={values} most={evse.max_w ?? null} zone={zone} />}
                  extra={(values) => <Copy text={curlOf(path, values, body)} label={t('copy_curl')} />} />
        </Dialog>
    );
}

/* Half a date in the field is no date yet. */
function curlOf(path: string, values: Values, body: (values: Values) => unknown): string {
    try {
        return asCurl('PATCH', path, body(values));
    } catch {
        return asCurl('PATCH', path, {});
    }
}
