import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import { useDeed } from '../../parts/ask';
import { Secret } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Form } from '../../parts/form';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { usePages } from '../../parts/pages';
import { type Column, Table } from '../../parts/table';
import { Ago, Moment } from '../../parts/time';
import { may } from '../../store/me';
import type { Key as ApiKey } from '../../store/types.gen';
import { t, word } from '../../t';

function AddDialog({ onClose, onMade }: { onClose: () => void; onMade: (key: string) => void }) {
    const roles = () => ['viewer', 'operator', 'admin'].map((value) => ({ value, label: `${word('role', value)}: ${word('role_why', value)}` }));
    const make = async (v: Record<string, unknown>) => {
        const expires = v.expires_at ? new Date(String(v.expires_at)).toISOString() : undefined;
        onMade((await request<ApiKey & { key: string }>('POST', '/keys', { name: v.name || undefined, role: v.role, expires_at: expires })).key);
    };
    return (
        <Dialog title={t('key.add')} onClose={onClose}>
            <Form initial={{ role: 'viewer' }} submit={t('key.add')} onCancel={onClose} onSubmit={make}
                  fields={[{ name: 'name', label: 'col.name', hint: 'key.name_hint', maxLength: 100 }, { name: 'role', label: 'people.role', kind: 'select', options: roles }, { name: 'expires_at', label: 'token.expires', kind: 'date' }]} />
        </Dialog>
    );
}

export function KeysTab() {
    const pages = usePages<ApiKey>('/keys');
    const open = useSignal<'add' | ApiKey | undefined>(undefined);
    const made = useSignal<string | undefined>(undefined);
    const close = () => (open.value = undefined);
    const revoke = useDeed((k: ApiKey) => request('DELETE', `/keys/${k.id}`).then(pages.again));
    const mayWrite = may('key.write');
    const columns: Column<ApiKey>[] = [
        { key: 'name', label: 'col.name', cell: (k) => k.name || '–' },
        { key: 'role', label: 'people.role', cell: (k) => word('role', k.role) },
        { key: 'created', label: 'key.created', from: 'tablet', cell: (k) => <Moment at={k.created_at} /> },
        { key: 'used', label: 'token.used', from: 'tablet', cell: (k) => <Ago at={k.used_at} /> },
        { key: 'expires', label: 'token.expires', from: 'desktop', cell: (k) => (k.expires_at ? <Moment at={k.expires_at} /> : t('token.never')) },
        { key: 'edit', label: 'edit', quiet: true, cell: (k) => mayWrite && <button type="button" class="plain" aria-label={`${t('key.revoke')} ${k.name}`} onClick={() => (open.value = k)}>{t('key.revoke')}</button> },
    ];
    const rows = pages.items.value;
    const doomed = typeof open.value === 'object' ? open.value : undefined;
    const remove = async () => { if (doomed && (await revoke.run(doomed))) close(); };
    return (
        <section class="card" aria-labelledby="keys-title">
            <header><h2 id="keys-title">{t('settings.keys')}</h2>{mayWrite && <button type="button" class="primary" onClick={() => (open.value = 'add')}>{t('key.add')}</button>}</header>
            {pages.problem.value && <div class="pad"><ProblemNote problem={pages.problem.value} again={pages.again} /></div>}
            {!rows ? <Bones lines={4} /> : rows.length === 0 ? <Empty title={t('key.empty')}><p>{t('key.empty_why')}</p></Empty> : <Table label={t('settings.keys')} columns={columns} rows={rows} keyOf={(k) => k.id} />}
            {open.value === 'add' && <AddDialog onClose={close} onMade={(key) => { made.value = key; close(); pages.again(); }} />}
            {made.value && <Dialog title={t('key.made')} onClose={() => (made.value = undefined)}><p>{t('key.once')}</p><Secret value={made.value} /><div class="row end"><button type="button" class="primary" onClick={() => (made.value = undefined)}>{t('done')}</button></div></Dialog>}
            {doomed && <Dialog title={t('key.revoke')} onClose={close}><p>{t('key.revoke_why', { name: doomed.name || doomed.id })}</p>
                {revoke.problem.value && <ProblemNote problem={revoke.problem.value} />}
                <div class="row end"><button type="button" onClick={close}>{t('cancel')}</button><button type="button" class="danger" onClick={() => void remove()}>{t('key.revoke')}</button></div></Dialog>}
        </section>
    );
}
