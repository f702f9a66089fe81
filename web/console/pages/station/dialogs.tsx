/* The three things that are done rarely and with care: a new password, new hardware, removal. */
import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import { go } from '../../../shared/router';
import { Answer } from '../../parts/command';
import { Secret } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { type Field, Form, type Values } from '../../parts/form';
import { toast } from '../../parts/toast';
import { reloadStation, stations } from '../../store/live';
import type { CallAnswer, Station } from '../../store/types.gen';
import { t } from '../../t';

interface Props {
    station: Station;
    onClose: () => void;
}

function pathOf(station: Station): string {
    return `/stations/${encodeURIComponent(station.id)}`;
}

const passwordFields: readonly Field[] = [
    {
        name: 'how', label: 'password.how', kind: 'choices',
        options: () => [{ value: 'station', label: t('password.over_ocpp') }, { value: 'here', label: t('password.here') }],
    },
    { name: 'password', label: 'login.password', hint: 'password.hint', mono: true, maxLength: 64, autocomplete: 'new-password' },
];

export function PasswordDialog({ station, onClose }: Props) {
    const made = useSignal<string | undefined>(undefined);
    const answer = useSignal<CallAnswer | undefined>(undefined);
    const set = async (values: Values) => {
        const password = values.password ? String(values.password) : undefined;
        if (values.how === 'station') {
            const done = await request<CallAnswer & { password?: string }>('POST', `${pathOf(station)}/password`, { password });
            answer.value = done;
            made.value = done.password;
        } else {
            if (!password) throw new Error(t('password.needed'));
            stations.put(await request<Station>('PATCH', pathOf(station), { password }));
            toast(t('saved'), 'good');
            onClose();
        }
        reloadStation(station.id);
    };
    return (
        <Dialog title={`${t('password.title')} · ${station.id}`} onClose={onClose}>
            <p>{t('password.why')}</p>
            {!answer.value && <Form fields={passwordFields} initial={{ how: station.connected ? 'station' : 'here' }} submit={t('password.do')} onCancel={onClose} onSubmit={set} />}
            {answer.value && <Answer outcome={{ answer: answer.value }} />}
            {made.value && <><p>{t('password.once')}</p><Secret value={made.value} /></>}
            {answer.value && <div class="row end"><button type="button" onClick={onClose}>{t('close')}</button></div>}
        </Dialog>
    );
}

/* The identity, name, site and history stay; what was written down goes into the note. */
export function ReplaceDialog({ station, onClose }: Props) {
    const note = async (values: Values) => {
        const line = `${new Date().toISOString().slice(0, 10)} ${t('replace.line', { serial: station.serial || '?', why: String(values.why ?? '') })}`;
        stations.put(await request<Station>('PATCH', pathOf(station), { note: [station.note, line].filter(Boolean).join('\n') }));
        toast(t('saved'), 'good');
    };
    return (
        <Dialog title={`${t('replace.title')} · ${station.id}`} onClose={onClose}>
            <p>{t('replace.why')}</p>
            <Form fields={[{ name: 'why', label: 'replace.note', maxLength: 300 }]} submit={t('replace.do')} onCancel={onClose} onDone={onClose} onSubmit={note} />
        </Dialog>
    );
}

export function DeleteDialog({ station, onClose }: Props) {
    const remove = async (values: Values) => {
        if (values.id !== station.id) throw new Error(t('station.delete_mismatch', { id: station.id }));
        await request('DELETE', pathOf(station));
        stations.drop(station.id);
        go('/stations');
    };
    return (
        <Dialog title={`${t('station.delete')} · ${station.id}`} onClose={onClose}>
            <p>{t('station.delete_why')}</p>
            <Form fields={[{ name: 'id', label: 'station.delete_type', required: true, mono: true }]} danger submit={t('station.delete')} onCancel={onClose} onSubmit={remove} />
        </Dialog>
    );
}
