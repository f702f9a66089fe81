/* Doubts about what was stored: looked at by a person, and settled. */
import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import { useDeed } from '../../parts/ask';
import { Dialog } from '../../parts/dialog';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { usePages } from '../../parts/pages';
import { said } from '../../parts/said';
import { type Column, Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { load, stations } from '../../store/live';
import { may } from '../../store/me';
import type { Review } from '../../store/types.gen';
import { t, word } from '../../t';

const textOf = (r: Review) => said(r.code, r.args, r.text);
const nameOf = (id: string) => stations.get(id)?.peek().name || id;

export function ReviewTab() {
    const pages = usePages<Review>('/review?limit=100');
    const shown = useSignal<Review | undefined>(undefined);
    const settle = useDeed((r: Review) => request('POST', `/review/${r.id}/settle`, {}).then(() => { pages.again(); void load.attention(); }));
    const columns: Column<Review>[] = [
        { key: 'at', label: 'log.time', cell: (r) => <Ago at={r.at} /> },
        { key: 'kind', label: 'review.kind', cell: (r) => word('flag', r.kind) },
        { key: 'where', label: 'col.station', cell: (r) => (r.session ? <a href={`/sessions/${r.session}`} >{r.station ? nameOf(r.station) : t('page.session')}</a> : r.station ? <a href={`/stations/${encodeURIComponent(r.station)}`}>{nameOf(r.station)}</a> : '–') },
        { key: 'text', label: 'log.what', from: 'tablet', share: 2.4, cell: textOf },
        { key: 'edit', label: 'edit', quiet: true, share: 1.4, cell: (r) => <>{r.frame && <button type="button" class="plain" onClick={() => (shown.value = r)}>{t('review.frame')}</button>}
            {may('session.write') && <button type="button" class="plain" aria-label={`${t('review.settle')} ${textOf(r)}`} onClick={() => void settle.run(r)}>{t('review.settle')}</button>}</> },
    ];
    const rows = pages.items.value;
    return (
        <section class="card" aria-labelledby="review-title">
            <header><h2 id="review-title">{t('settings.review')}</h2><small>{t('review.why')}</small></header>
            {(pages.problem.value ?? settle.problem.value) && <div class="pad"><ProblemNote problem={(pages.problem.value ?? settle.problem.value)!} again={pages.again} /></div>}
            {!rows ? <Bones lines={5} /> : rows.length === 0 ? <Empty title={t('review.empty')}><p>{t('review.empty_why')}</p></Empty> : <Table label={t('settings.review')} columns={columns} rows={rows} keyOf={(r) => r.id} />}
            {pages.more.value && <div class="tail"><button type="button" class="plain" onClick={pages.next}>{t('show_more')}</button></div>}
            {shown.value && <Dialog title={t('review.frame')} wide onClose={() => (shown.value = undefined)}><p>{textOf(shown.value)}</p><pre class="json" tabIndex={0} role="region" aria-label={t('review.frame')}>{shown.value.frame}</pre>
                <div class="row end"><button type="button" onClick={() => (shown.value = undefined)}>{t('close')}</button></div></Dialog>}
        </section>
    );
}
