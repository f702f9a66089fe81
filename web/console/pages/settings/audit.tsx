/* Who changed what: one line a change, with the values before and after. */
import { useSignal } from '@preact/signals';
import { withQuery } from '../../../shared/api';
import { query } from '../../../shared/router';
import { Dialog } from '../../parts/dialog';
import { Filters, Search } from '../../parts/filters';
import { Json } from '../../parts/json';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { usePages } from '../../parts/pages';
import { type Column, Table } from '../../parts/table';
import { Moment } from '../../parts/time';
import type { Audit } from '../../store/types.gen';
import { t } from '../../t';

function fieldsOf(a: Audit): string {
    const after = (a.after ?? {}) as Record<string, unknown>;
    const before = (a.before ?? {}) as Record<string, unknown>;
    return Object.keys({ ...before, ...after }).filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k]) && k !== 'version').join(', ');
}

export function AuditTab() {
    const pages = usePages<Audit>(withQuery('/audit', { actor: query('actor'), target: query('target'), limit: 100 }));
    const shown = useSignal<Audit | undefined>(undefined);
    const columns: Column<Audit>[] = [
        { key: 'at', label: 'log.time', cell: (a) => <Moment at={a.at} /> },
        { key: 'actor', label: 'audit.actor', cell: (a) => a.actor },
        { key: 'action', label: 'log.action', cell: (a) => <button type="button" class="plain" style={{ paddingInline: 0 }} onClick={() => (shown.value = a)}>{a.action}</button> },
        { key: 'target', label: 'audit.target', from: 'tablet', cell: (a) => <span class="mono">{a.target}</span> },
        { key: 'fields', label: 'audit.fields', from: 'desktop', share: 2, cell: fieldsOf },
    ];
    const rows = pages.items.value;
    return (
        <>
            <Filters first={<Search name="actor" label={t('audit.actor')} />} names={['target']}><Search name="target" label={t('audit.target')} /></Filters>
            <section class="card" aria-label={t('settings.audit')}>
                {pages.problem.value && <div class="pad"><ProblemNote problem={pages.problem.value} again={pages.again} /></div>}
                {!rows ? <Bones lines={6} /> : rows.length === 0 ? <Empty title={t('audit.empty')} /> : <Table label={t('settings.audit')} columns={columns} rows={rows} keyOf={(a) => a.id} />}
                {pages.more.value && <div class="tail"><button type="button" class="plain" onClick={pages.next}>{t('show_more')}</button></div>}
            </section>
            {shown.value && (
                <Dialog title={`${shown.value.action} · ${shown.value.target}`} wide onClose={() => (shown.value = undefined)}>
                    <div class="dirs">
                        <div class="stack"><h2>{t('config.before')}</h2><Json value={shown.value.before} label={t('config.before')} /></div>
                        <div class="stack"><h2>{t('config.after')}</h2><Json value={shown.value.after} label={t('config.after')} /></div>
                    </div>
                    <div class="row end"><button type="button" onClick={() => (shown.value = undefined)}>{t('close')}</button></div>
                </Dialog>
            )}
        </>
    );
}
