/* Configuration: what the station last told, edited as a set of changes that are looked at before they are sent. */
import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useAsk, useDeed } from '../../parts/ask';
import { Answer, type Outcome, ask } from '../../parts/command';
import { Copy } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { type Column, Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { asCurl } from '../../../shared/api';
import { may } from '../../store/me';
import type { Station, Variable } from '../../store/types.gen';
import { t, word } from '../../t';

type Changes = Record<string, string>;

function keyOf(v: Variable): string {
    return v.component ? `${v.component}.${v.name}` : v.name;
}

function ValueInput({ variable: v, changes }: { variable: Variable; changes: Signal<Changes> }) {
    const key = keyOf(v);
    const value = changes.value[key] ?? v.value ?? '';
    const set = (to: string) => {
        const { [key]: _before, ...others } = changes.peek();
        changes.value = to === (v.value ?? '') ? others : { ...others, [key]: to };
    };
    if (v.readonly || !may('station.command')) return <span class="mono">{v.value ?? <span class="muted">{t('config.hidden')}</span>}</span>;
    if (v.type === 'boolean' || /^(true|false)$/i.test(v.value ?? ''))
        return <select aria-label={key} value={value.toLowerCase()} onChange={(e) => set(e.currentTarget.value)}><option value="true">true</option><option value="false">false</option></select>;
    const numeric = v.type === 'integer' || v.type === 'decimal';
    return <input class="mono" type="text" inputMode={numeric ? 'decimal' : undefined} aria-label={key} value={value} onInput={(e) => set(e.currentTarget.value)} />;
}

function columnsFor(changes: Signal<Changes>): Column<Variable>[] {
    return [
        { key: 'key', label: 'config.key', share: 2, cell: (v) => <span class="mono">{v.component && <span class="muted">{v.component}.</span>}{v.name}</span> },
        { key: 'value', label: 'config.value', share: 2, cell: (v) => <ValueInput variable={v} changes={changes} /> },
        { key: 'unit', label: 'config.unit', from: 'tablet', share: 0.6, cell: (v) => v.unit },
        { key: 'notes', label: 'config.notes', from: 'tablet', cell: (v) => <>{v.readonly && <span class="tag">{t('config.readonly')}</span>}{v.reboot && <span class="tag warn">{t('config.reboot')}</span>}</> },
        { key: 'at', label: 'config.told', from: 'desktop', share: 0.8, cell: (v) => <Ago at={v.at} /> },
    ];
}

function ReviewDialog({ station, variables, changes, onClose, onDone }:
    { station: Station; variables: Variable[]; changes: Signal<Changes>; onClose: () => void; onDone: () => void }) {
    const outcome = useSignal<Outcome | undefined>(undefined);
    const path = `/stations/${encodeURIComponent(station.id)}/commands/set_configuration`;
    const sent = useSignal(changes.peek());
    const apply = useDeed(async () => {
        outcome.value = await ask(path, { values: sent.peek() });
        if ('answer' in outcome.value) {
            changes.value = {};
            onDone();
        }
    });
    const results = outcome.value && 'answer' in outcome.value ? outcome.value.answer.results : undefined;
    const reboot = variables.some((v) => v.reboot && keyOf(v) in sent.value) || Object.values(results ?? {}).some((r) => /reboot/i.test(r));
    return (
        <Dialog title={t('config.review', { n: Object.keys(sent.value).length })} wide onClose={onClose}>
            <div class="card table" tabIndex={0} role="region" aria-label={t('config.changes')}>
                <table>
                    <thead><tr><th scope="col">{t('config.key')}</th><th scope="col">{t('config.before')}</th><th scope="col">{t('config.after')}</th><th scope="col">{t('config.result')}</th></tr></thead>
                    <tbody>{Object.entries(sent.value).map(([key, value]) => (
                        <tr key={key}><td class="mono">{key}</td><td class="mono muted">{variables.find((v) => keyOf(v) === key)?.value ?? '–'}</td><td class="mono"><b>{value}</b></td>
                            <td>{results?.[key] ? <span class={/^accepted$/i.test(results[key]!) ? 'available' : 'faulted'}>{word('config_result', results[key]!)}</span> : '–'}</td></tr>
                    ))}</tbody>
                </table>
            </div>
            {reboot && <div class="banner"><span>{t('config.reboot_why')}</span></div>}
            {outcome.value && <Answer outcome={outcome.value} />}
            {apply.problem.value && <ProblemNote problem={apply.problem.value} />}
            <div class="row end">
                <Copy text={asCurl('POST', path, { values: sent.value })} label={t('copy_curl')} />
                <button type="button" onClick={onClose}>{t('close')}</button>
                {!outcome.value && <button type="button" class="primary" disabled={apply.busy.value || !station.connected} onClick={() => void apply.run()}>{apply.busy.value ? t('working') : t('config.apply')}</button>}
            </div>
        </Dialog>
    );
}

const arriveMs = 1500; // parts of a 2.x report follow the answer

export function ConfigurationTab({ station }: { station: Station }) {
    const path = `/stations/${encodeURIComponent(station.id)}`;
    const asked = useAsk<{ items: Variable[] }>(`${path}/variables`);
    const changes = useSignal<Changes>({});
    const search = useSignal('');
    const reviewing = useSignal(false);
    const read = useDeed(async () => {
        const outcome = await ask(`${path}/commands/get_configuration`, {});
        if ('problem' in outcome) throw new Error(outcome.message);
        asked.again();
        setTimeout(asked.again, arriveMs);
    });
    const variables = asked.data.value?.items;
    const words = search.value.toLowerCase();
    const shown = variables?.filter((v) => `${keyOf(v)} ${v.value ?? ''}`.toLowerCase().includes(words)) ?? [];
    const n = Object.keys(changes.value).length;
    return (
        <section class="card" aria-label={t('station.configuration')}>
            <div class="pad row">
                <input type="search" style={{ flex: '1 1 220px', width: 'auto' }} aria-label={t('config.search')} placeholder={t('config.search')} onInput={(e) => (search.value = e.currentTarget.value)} />
                {n > 0 && <><button type="button" class="plain" onClick={() => (changes.value = {})}>{t('config.discard')}</button>
                    <button type="button" class="primary" onClick={() => (reviewing.value = true)}>{t('config.review', { n })}</button></>}
                <button type="button" disabled={!station.connected || read.busy.value} title={station.connected ? undefined : t('station.not_connected')} onClick={() => void read.run()}>
                    {read.busy.value ? t('working') : t('config.read')}</button>
            </div>
            {read.problem.value && <div class="pad"><ProblemNote problem={read.problem.value} /></div>}
            {asked.problem.value && <div class="pad"><ProblemNote problem={asked.problem.value} again={asked.again} /></div>}
            {!variables ? <Bones lines={8} />
                : variables.length === 0 ? <Empty title={t('config.none')}><p>{t('config.none_why')}</p></Empty>
                : shown.length === 0 ? <Empty title={t('config.no_match')} />
                : <Table label={t('station.configuration')} columns={columnsFor(changes)} rows={shown} keyOf={keyOf} />}
            {variables && <div class="tail"><span>{t('config.count', { n: shown.length, total: variables.length })}</span></div>}
            {reviewing.value && <ReviewDialog station={station} variables={variables ?? []} changes={changes} onClose={() => (reviewing.value = false)} onDone={() => setTimeout(asked.again, 300)} />}
        </section>
    );
}
