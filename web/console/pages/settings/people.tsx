import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import { useDeed } from '../../parts/ask';
import { Secret } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { type Field, Form } from '../../parts/form';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { usePages } from '../../parts/pages';
import { Shape } from '../../parts/state';
import { type Column, Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { may } from '../../store/me';
import type { Link, Person, PersonCreated } from '../../store/types.gen';
import { t, word } from '../../t';

const roles = () => ['operator', 'viewer', 'admin'].map((value) => ({ value, label: `${word('role', value)}: ${word('role_why', value)}` }));

const newFields: readonly Field[] = [
    { name: 'name', label: 'col.name', required: true, maxLength: 100 },
    { name: 'role', label: 'people.role', kind: 'select', options: roles },
];

function pathOf(p: Person): string {
    return `/people/${encodeURIComponent(p.name)}`;
}

/* The link may come as a path; whoever gets it needs the whole address. */
function wholeLink(link: string): string {
    return new URL(link, location.origin).href;
}

function LinkDialog({ name, link, onClose }: { name: string; link: string; onClose: () => void }) {
    return (
        <Dialog title={t('people.link_for', { name })} onClose={onClose}>
            <p>{t('people.link_why')}</p>
            <Secret value={wholeLink(link)} />
            <div class="row end"><button type="button" class="primary" onClick={onClose}>{t('done')}</button></div>
        </Dialog>
    );
}

export function PeopleTab() {
    const pages = usePages<Person>('/people');
    const adding = useSignal(false);
    const edited = useSignal<Person | undefined>(undefined);
    const link = useSignal<{ name: string; link: string } | undefined>(undefined);
    const makeLink = useDeed(async (p: Person) => {
        const made = await request<Link>('POST', `${pathOf(p)}/link`, {});
        link.value = { name: p.name, link: made.link };
    });
    const mayWrite = may('person.write');
    const columns: Column<Person>[] = [
        { key: 'name', label: 'col.name', cell: (p) => p.name },
        { key: 'role', label: 'people.role', cell: (p) => word('role', p.role) },
        { key: 'state', label: 'col.state', from: 'tablet', cell: (p) => (p.disabled ? <span class="st offline"><Shape kind="unavailable" />{t('people.disabled')}</span> : p.has_password ? <span class="st available"><Shape kind="available" />{t('people.active')}</span> : <span class="st preparing"><Shape kind="preparing" />{t('people.invited')}</span>) },
        { key: 'login', label: 'people.login', from: 'tablet', cell: (p) => <Ago at={p.login_at} /> },
        { key: 'edit', label: 'edit', quiet: true, share: 1.4, cell: (p) => mayWrite && <><button type="button" class="plain" onClick={() => (edited.value = p)} aria-label={`${t('edit')} ${p.name}`}>{t('edit')}</button>
            <button type="button" class="plain" onClick={() => void makeLink.run(p)} aria-label={`${t('people.link')} ${p.name}`}>{t('people.link')}</button></> },
    ];
    const rows = pages.items.value;
    const saved = () => { adding.value = false; edited.value = undefined; pages.again(); };
    return (
        <section class="card" aria-labelledby="people-title">
            <header><h2 id="people-title">{t('settings.people')}</h2>{mayWrite && <button type="button" class="primary" onClick={() => (adding.value = true)}>{t('people.add')}</button>}</header>
            {(pages.problem.value ?? makeLink.problem.value) && <div class="pad"><ProblemNote problem={(pages.problem.value ?? makeLink.problem.value)!} /></div>}
            {!rows ? <Bones lines={4} /> : rows.length === 0 ? <Empty title={t('people.empty')} /> : <Table label={t('settings.people')} columns={columns} rows={rows} keyOf={(p) => p.name} />}
            {adding.value && (
                <Dialog title={t('people.add')} onClose={() => (adding.value = false)}>
                    <p>{t('people.add_why')}</p>
                    <Form fields={newFields} initial={{ role: 'operator' }} submit={t('people.add')} onCancel={() => (adding.value = false)} onDone={saved}
                          onSubmit={async (v) => { const made = await request<PersonCreated>('POST', '/people', v); if (made.link) link.value = { name: made.name, link: made.link }; }} />
                </Dialog>
            )}
            {edited.value && <EditDialog person={edited.value} onClose={() => (edited.value = undefined)} onSaved={saved} />}
            {link.value && <LinkDialog {...link.value} onClose={() => (link.value = undefined)} />}
        </section>
    );
}

function EditDialog({ person, onClose, onSaved }: { person: Person; onClose: () => void; onSaved: () => void }) {
    const fields: Field[] = [newFields[1]!, { name: 'token', label: 'settings.my_token', hint: 'settings.my_token_hint', mono: true }, { name: 'disabled', label: 'people.disable', kind: 'check', hint: 'people.disable_hint' }];
    return (
        <Dialog title={person.name} onClose={onClose}>
            <Form fields={fields} initial={{ role: person.role, token: person.token ?? undefined, disabled: person.disabled }} submit={t('save')} onCancel={onClose} onDone={onSaved}
                  onSubmit={(v) => request('PATCH', pathOf(person), { role: v.role, disabled: v.disabled === true, token: v.token || null }, { etag: `"${person.version}"` })} />
        </Dialog>
    );
}
