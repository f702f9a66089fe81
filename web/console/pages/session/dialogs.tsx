import { useSignal } from '@preact/signals';
import { asCurl, request } from '../../../shared/api';
import { Answer, type Outcome, ask } from '../../parts/command';
import { Copy } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Form } from '../../parts/form';
import { toast } from '../../parts/toast';
import type { Session } from '../../store/types.gen';
import { t } from '../../t';

interface Props {
    session: Session;
    onClose: () => void;
}

/* Asks the station; the end comes from it. */
export function StopDialog({ session, onClose }: Props) {
    const outcome = useSignal<Outcome | undefined>(undefined);
    const path = `/sessions/${session.id}/stop`;
    return (
        <Dialog title={t('command.stop')} onClose={onClose}>
            <p>{t('command.stop_why')}</p>
            {outcome.value && <Answer outcome={outcome.value} />}
            <Form fields={[]} submit={t('command.stop')} onCancel={onClose} onSubmit={async () => { outcome.value = await ask(path, {}); }}
                  extra={() => <Copy text={asCurl('POST', path, {})} label={t('copy_curl')} />} />
        </Dialog>
    );
}

/* Ends it in the books, for an end that will not come. */
export function CloseDialog({ session, onClose }: Props) {
    const path = `/sessions/${session.id}/close`;
    return (
        <Dialog title={t('session.close')} onClose={onClose}>
            <p>{t('session.close_why')}</p>
            <Form fields={[{ name: 'reason', label: 'session.close_reason', required: true, maxLength: 500 }]} submit={t('session.close')} danger onCancel={onClose}
                  onSubmit={(values) => request('POST', path, values)} onDone={() => { toast(t('session.closed'), 'good'); onClose(); }}
                  extra={(values) => <Copy text={asCurl('POST', path, values)} label={t('copy_curl')} />} />
        </Dialog>
    );
}
