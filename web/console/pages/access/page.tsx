/* Access: the tokens that may charge, and the quickest way to add one: tap it. */
import { useSignal } from '@preact/signals';
import { PageHead } from '../../frame/head';
import { withQuery } from '../../../shared/api';
import { query, setQuery } from '../../../shared/router';
import { Filter, Filters, Search } from '../../parts/filters';
import { Import } from '../../parts/import';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { usePages } from '../../parts/pages';
import { width } from '../../parts/screen';
import { Shape } from '../../parts/state';
import { type Column, Table } from '../../parts/table';
import { Ago, Moment } from '../../parts/time';
import { may } from '../../store/me';
import type { Token } from '../../store/types.gen';
import { t, word } from '../../t';
import { TapDialog } from './tap';
import { TokenDialog } from './token';

const statuses = ['accepted', 'blocked', 'expired', 'invalid'];
const look = { accepted: 'available', blocked: 'faulted', expired: 'preparing', invalid: 'unavailable' } as const;

function Status({ status }: { status: Token['status'] }) {
    const kind = look[status];
    return <span class={`st ${kind === 'unavailable' ? 'offline' : kind}`}><Shape kind={kind} />{word('token_status', status)}</span>;
}

function columnsFor(edit: (token: Token) => void): Column<Token>[] {
    return [
        { key: 'id', label: 'token.id', share: 1.6, cell: (k) => <>{width.value === 'phone' && k.name && <>{k.name}<br /></>}<span class={`mono${width.value === 'phone' && k.name ? ' muted' : ''}`}>{k.id}</span></> },
        { key: 'name', label: 'col.name', from: 'tablet', share: 1.6, cell: (k) => k.name || <span class="muted">–</span> },
        { key: 'status', label: 'col.state', cell: (k) => <Status status={k.status} /> },
        { key: 'group', label: 'token.group', from: 'desktop', cell: (k) => k.group_id ?? '–' },
        { key: 'expires', label: 'token.expires', from: 'desktop', cell: (k) => (k.expires_at ? <Moment at={k.expires_at} /> : t('token.never')) },
        { key: 'used', label: 'token.used', from: 'tablet', cell: (k) => <Ago at={k.used_at} /> },
        { key: 'edit', label: 'edit', quiet: true, share: 0.7, cell: (k) => <button type="button" class="plain" onClick={() => edit(k)} aria-label={`${t('edit')} ${k.id}`}>{t('edit')}</button> },
    ];
}

export default function AccessPage() {
    const pages = usePages<Token>(withQuery('/tokens', { q: query('q'), status: query('status'), limit: 100 }));
    const open = useSignal<Token | 'new' | 'tap' | 'import' | undefined>(undefined);
    const close = () => (open.value = undefined);
    const filtered = !!(query('q') || query('status'));
    const rows = pages.items.value;
    const current = open.value;
    const fresh = useSignal('');
    const saved = (id?: string) => {
        fresh.value = id ?? '';
        pages.again();
        close();
    };
    return (
        <>
            <PageHead title={t('page.access')}>
                {may('token.write') && (
                    <>
                        <button type="button" onClick={() => (open.value = 'import')}>{t('import.title')}</button>
                        <button type="button" onClick={() => (open.value = 'new')}>{t('token.add')}</button>
                        <button type="button" class="primary" onClick={() => (open.value = 'tap')}>{t('tap.title')}</button>
                    </>
                )}
            </PageHead>
            <Filters first={<Search label={t('token.search')} />} names={['status']}>
                <Filter name="status" label={t('col.state')} options={statuses.map((value) => ({ value, label: word('token_status', value) }))} />
            </Filters>
            <section class="card" aria-label={t('page.access')}>
                {pages.problem.value && <div class="pad"><ProblemNote problem={pages.problem.value} again={pages.again} /></div>}
                {!rows ? <Bones lines={10} />
                    : rows.length === 0 ? <Empty title={filtered ? t('token.no_match') : t('token.empty')}>
                        {filtered ? <button type="button" onClick={() => setQuery({ q: undefined, status: undefined })}>{t('filter.clear')}</button> : <p>{t('token.empty_why')}</p>}</Empty>
                    : <Table label={t('page.access')} columns={columnsFor((k) => (open.value = k))} rows={rows} keyOf={(k) => k.id} isNew={(k) => k.id === fresh.value} />}
                {pages.more.value && <div class="tail"><button type="button" class="plain" disabled={pages.busy.value} onClick={pages.next}>{t('show_more')}</button></div>}
            </section>
            {current === 'tap' && <TapDialog onClose={close} onSaved={saved} />}
            {current === 'new' && <TokenDialog onClose={close} onSaved={saved} />}
            {current === 'import' && <Import title={t('import.tokens')} path="/tokens/import" columns="id, type, status, group_id, expires_at, personal_message, language, name, sessions_max"
                                             example={'id,name,status\n04A2B3C4D5E6F7,Anna,accepted\n04FFEE11223344,Pool car 2,blocked'} onClose={close} onDone={pages.again} />}
            {typeof current === 'object' && <TokenDialog token={current} onClose={close} onSaved={saved} />}
        </>
    );
}
