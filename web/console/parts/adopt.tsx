/* Adopt: one click decides that a station which knocks is ours. */
import { request } from '../../shared/api';
import { go } from '../../shared/router';
import { load, reloadStation } from '../store/live';
import type { InboxEntry } from '../store/types.gen';
import { t } from '../t';
import { useDeed } from './ask';
import { ProblemNote } from './note';
import { toast } from './toast';

interface Props {
    item: InboxEntry;
    /* Site of the new station; none: it is set later. */
    site?: string;
    onDone?: () => void;
}

export function AdoptButton({ item, site, onDone }: Props) {
    const path = `/inbox/${encodeURIComponent(item.identity)}/adopt`;
    const adopt = useDeed(() => request('POST', path, site ? { site } : {}));
    const run = async () => {
        if (!(await adopt.run())) return;
        toast(t('inbox.adopted', { id: item.identity }), 'good', { label: t('open'), href: `/stations/${encodeURIComponent(item.identity)}` });
        reloadStation(item.identity);
        void load.inbox();
        if (onDone) onDone();
        else go(`/stations/${encodeURIComponent(item.identity)}`);
    };
    return (
        <>
            <button type="button" class="primary" disabled={adopt.busy.value} onClick={() => void run()}>{adopt.busy.value ? t('working') : t('inbox.adopt')}</button>
            {adopt.problem.value && <ProblemNote problem={adopt.problem.value} />}
        </>
    );
}
