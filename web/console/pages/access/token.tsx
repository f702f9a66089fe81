import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import { Dialog } from '../../parts/dialog';
import { type Field, Form, type Values, changesOf } from '../../parts/form';
import { may } from '../../store/me';
import type { Token } from '../../store/types.gen';
import { t, word } from '../../t';
import { useDeed } from '../../parts/ask';
import { ProblemNote } from '../../parts/note';

const types = ['ISO14443', 'ISO15693', 'eMAID', 'KeyCode', 'Central', 'Local', 'MacAddress', 'EVCCID', 'VIN'];

export const tokenFields: readonly Field[] = [
    { name: 'name', label: 'col.name', hint: 'token.name_hint', maxLength: 100 },
    { name: 'status', label: 'col.state', kind: 'select', options: () => ['accepted', 'blocked', 'expired', 'invalid'].map((value) => ({ value, label: word('token_status', value) })) },
    { name: 'type', label: 'token.type', kind: 'select', hint: 'token.type_hint', options: () => [{ value: '', label: t('token.any_type') }, ...types.map((value) => ({ value, label: value }))] },
    { name: 'group_id', label: 'token.group', hint: 'token.group_hint', maxLength: 255 },
    { name: 'expires_at', label: 'token.expires', kind: 'datetime-local' },
    { name: 'sessions_max', label: 'token.sessions_max', kind: 'number', hint: 'token.sessions_max_hint', min: 1, max: 1000 },
    { name: 'personal_message', label: 'token.message', hint: 'token.message_hint', maxLength: 1024 },
];

/* The moment as the field of a form wants it: local time without a zone. */
function local(iso: string | null): string | undefined {
    if (!iso) return undefined;
    const at = new Date(iso);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function ready(changes: Record<string, unknown>): Record<string, unknown> {
    const body = { ...changes };
    if (typeof body.expires_at === 'string') body.expires_at = new Date(body.expires_at).toISOString();
    if (body.name === null) body.name = '';
    return body;
}

interface Props {
    token?: Token;
    /* The id to begin with, of a card that was just tapped. */
    id?: string;
    type?: string | null;
    onClose: () => void;
    onSaved: (id?: string) => void;
}

function RemoveButton({ token, onSaved }: { token: Token; onSaved: () => void }) {
    const sure = useSignal(false);
    const remove = useDeed(() => request('DELETE', `/tokens/${encodeURIComponent(token.id)}`));
    const click = async () => {
        if (!sure.value) sure.value = true;
        else if (await remove.run()) onSaved();
    };
    return (
        <>
            <button type="button" class="danger" onClick={() => void click()}>{sure.value ? t('token.remove_sure') : t('remove')}</button>
            {remove.problem.value && <ProblemNote problem={remove.problem.value} />}
        </>
    );
}

export function TokenForm({ token, id, type, onClose, onSaved }: Props) {
    const before: Values = token
        ? { name: token.name, status: token.status, type: token.type ?? undefined, group_id: token.group_id ?? undefined, expires_at: local(token.expires_at), sessions_max: token.sessions_max ?? undefined, personal_message: token.personal_message ?? undefined }
        : { id, status: 'accepted', type: type ?? undefined };
    const save = async (after: Values) => {
        if (token) {
            const changes = changesOf(before, after);
            if (Object.keys(changes).length) await request('PATCH', `/tokens/${encodeURIComponent(token.id)}`, ready(changes), { etag: `"${token.version}"` });
            return onSaved(token.id);
        }
        await request('POST', '/tokens', ready(Object.fromEntries(Object.entries(after).filter(([, v]) => v !== '' && v !== undefined))));
        onSaved(String(after.id));
    };
    const fields: Field[] = token ? [...tokenFields] : [{ name: 'id', label: 'token.id', required: true, mono: true, hint: 'token.id_hint', maxLength: 255 }, ...tokenFields];
    return (
        <Form fields={fields} initial={before} submit={token ? t('save') : t('token.add')} onSubmit={save} onCancel={onClose}
              extra={() => token && may('token.write') && <RemoveButton token={token} onSaved={() => onSaved()} />} />
    );
}

export function TokenDialog(props: Props) {
    return <Dialog title={props.token ? `${t('col.token')} ${props.token.id}` : t('token.add')} onClose={props.onClose}><TokenForm {...props} /></Dialog>;
}
