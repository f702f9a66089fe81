/* Who changed what: one line a change, with the values before and after. */
import { useSignal } from '@preact/signals';
import { withQuery } from '../../../shared/api';
import * as format from '../../../shared/format';
import { query } from '../../../shared/router';
import { Dialog } from '../../parts/dialog';
import { Filters, Search } from '../../parts/filters';
import { Json } from '../../parts/json';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { usePages } from '../../parts/pages';
import { type Column, Table } from '../../parts/table';
import { Moment } from '../../parts/time';
import { siteName, sites, stations } from '../../store/live';
import type { Audit } from '../../store/types.gen';
import { type Key, t, word } from '../../t';

/* As the pages call them on which they are changed. */
const labels: Readonly<Record<string, Key>> = {
    id: 'col.id', name: 'col.name', site: 'col.site', registration: 'field.registration', security_profile: 'field.security', protocol_default: 'field.protocol_default',
    heartbeat_interval_s: 'field.heartbeat', ping_interval_s: 'field.ping', frame_bytes_max: 'field.frame_bytes', items_per_message: 'field.items', lenient: 'field.lenient',
    ask_after_boot: 'field.ask_after_boot', unknown_tokens: 'field.unknown_tokens', note: 'field.note', printed_id: 'plug.printed_id', type: 'token.type', power_max_w: 'plug.power_max',
    status: 'col.state', group_id: 'token.group', expires_at: 'token.expires', personal_message: 'token.message', language: 'settings.language', sessions_max: 'token.sessions_max',
    time_zone: 'site.time_zone', currency: 'site.currency', address: 'site.address', lost_after_s: 'site.lost_after', role: 'people.role', disabled: 'people.disable', token: 'col.token',
    command: 'audit.command', created: 'audit.created_n', updated: 'audit.updated_n', bytes: 'audit.bytes', reason: 'power.reason', close_reason: 'power.reason', limit_a: 'power.limit_a',
    limit_w: 'power.limit_w', node: 'power.cap_node', until: 'power.until_when', duration_s: 'power.for_how_long', need_wh: 'power.need_wh', departs_at: 'power.departs', nodes: 'power.tree', mode: 'power.mode',
    meters: 'power.meters', prices: 'power.prices', fleet: 'power.fleet', defaults: 'power.defaults', rules: 'power.rules', class: 'power.class',
};

type Part = Readonly<Record<string, unknown>>;

const partOf = (value: unknown): Part => (value && typeof value === 'object' && !Array.isArray(value) ? (value as Part) : {});

const labelOf = (field: string) => (labels[field] ? t(labels[field]) : field.replace(/_/g, ' '));

/* In the order in which they came; of two sides only what differs. */
function fieldsOf(a: Audit): string[] {
    const [before, after] = [partOf(a.before), partOf(a.after)];
    return Object.keys({ ...before, ...after }).filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k]) && k !== 'version');
}

const groups: Readonly<Record<string, string>> = { registration: 'state', status: 'token_status', unknown_tokens: 'unknown_tokens', role: 'role', mode: 'site_mode', protocol_default: 'protocol', class: 'site_class' };

function show(field: string, value: unknown): string {
    if (value === undefined || value === null || value === '') return '–';
    if (typeof value === 'boolean') return t(value ? 'behaviour.yes' : 'behaviour.no');
    if (Array.isArray(value)) return t('audit.items', { n: value.length });
    if (typeof value === 'object') return '…';
    if (field.endsWith('_at') || field === 'until') return Number.isNaN(Date.parse(String(value))) ? String(value) : format.dateTime(String(value));
    if (field === 'security_profile') return word('security', String(value));
    if (field === 'site') return siteName(String(value)) || String(value);
    return groups[field] ? word(groups[field], String(value)) : String(value);
}

/* "person:anna" is Anna; what nobody did, the server did. */
function whoOf(actor: string): string {
    const [kind, ...rest] = actor.split(':');
    const name = rest.join(':');
    return !name ? word('audit_kind', kind) : kind === 'person' ? name : `${word('audit_kind', kind)} ${name}`;
}

/* "station:CP-1" is a station, and has a page. */
function Target({ target }: { target: string }) {
    const [kind, ...rest] = target.split(':');
    const id = rest.join(':');
    if (!id) return <>{word('audit_kind', kind)}</>;
    const site = kind === 'site' ? sites.all().find((s) => s.id === id || s.name === id) : undefined;
    const href = kind === 'station' ? `/stations/${encodeURIComponent(id)}` : kind === 'session' ? `/sessions/${id}` : site ? `/sites/${site.id}` : undefined;
    const name = kind === 'station' ? stations.get(id)?.peek().name || id : site?.name ?? id;
    return <span class="target">{word('audit_kind', kind)} {href ? <a href={href}>{name}</a> : <span class="mono">{name}</span>}</span>;
}

function Changes({ audit: a }: { audit: Audit }) {
    const [before, after, fields] = [partOf(a.before), partOf(a.after), fieldsOf(a)];
    const both = Object.keys(before).length > 0;
    if (fields.length === 0) return <p class="muted">{t('audit.nothing')}</p>;
    return (
        <>
            <div class="card table" tabIndex={0} role="region" aria-label={t('audit.fields')}><table class="roomy">
                <thead><tr><th scope="col">{t('audit.fields')}</th>{both && <th scope="col">{t('config.before')}</th>}<th scope="col">{t('config.after')}</th></tr></thead>
                <tbody>{fields.map((f) => <tr key={f}><td>{labelOf(f)}</td>{both && <td class="muted">{show(f, before[f])}</td>}<td>{show(f, after[f])}</td></tr>)}</tbody>
            </table></div>
            <details><summary>{t('audit.raw')}</summary>
                <div class="dirs">
                    {both && <div class="stack"><h2>{t('config.before')}</h2><Json value={a.before} label={t('config.before')} /></div>}
                    <div class="stack"><h2>{t('config.after')}</h2><Json value={a.after} label={t('config.after')} /></div>
                </div></details>
        </>
    );
}

export function AuditTab() {
    const pages = usePages<Audit>(withQuery('/audit', { actor: query('actor'), target: query('target'), limit: 100 }));
    const shown = useSignal<Audit | undefined>(undefined);
    const close = () => (shown.value = undefined);
    const columns: Column<Audit>[] = [
        { key: 'at', label: 'log.time', cell: (a) => <Moment at={a.at} /> },
        { key: 'actor', label: 'audit.actor', cell: (a) => whoOf(a.actor) },
        { key: 'action', label: 'log.action', share: 1.4, cell: (a) => <button type="button" class="plain" style={{ paddingInline: 0 }} onClick={() => (shown.value = a)}>{word('audit_action', a.action)}</button> },
        { key: 'target', label: 'audit.target', from: 'tablet', share: 1.4, cell: (a) => <Target target={a.target} /> },
        { key: 'fields', label: 'audit.fields', from: 'desktop', share: 2, cell: (a) => fieldsOf(a).map(labelOf).join(', ') },
    ];
    const rows = pages.items.value;
    const one = shown.value;
    return (
        <>
            <Filters first={<Search name="actor" label={t('audit.actor')} />} names={['target']}><Search name="target" label={t('audit.target')} /></Filters>
            <section class="card" aria-label={t('settings.audit')}>
                {pages.problem.value && <div class="pad"><ProblemNote problem={pages.problem.value} again={pages.again} /></div>}
                {!rows ? <Bones lines={6} /> : rows.length === 0 ? <Empty title={t('audit.empty')} /> : <Table label={t('settings.audit')} columns={columns} rows={rows} keyOf={(a) => a.id} />}
                {pages.more.value && <div class="tail"><button type="button" class="plain" onClick={pages.next}>{t('show_more')}</button></div>}
            </section>
            {one && (
                <Dialog title={word('audit_action', one.action)} wide onClose={close}>
                    <p><Target target={one.target} /> · {whoOf(one.actor)} · <Moment at={one.at} /></p>
                    <Changes audit={one} />
                    <div class="row end"><button type="button" onClick={close}>{t('close')}</button></div>
                </Dialog>
            )}
        </>
    );
}
