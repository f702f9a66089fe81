/* Adopt: one click decides that a station which knocks is ours, or all that knock. */
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

async function adoptOne(identity: string, site?: string): Promise<void> {
    await request('POST', `/inbox/${encodeURIComponent(identity)}/adopt`, site ? { site } : {});
    reloadStation(identity);
}

export function AdoptButton({ item, site, onDone }: Props) {
    const adopt = useDeed(() => adoptOne(item.identity, site));
    const run = async () => {
        if (!(await adopt.run())) return;
        toast(t('inbox.adopted', { id: item.identity }), 'good', { label: t('open'), href: `/stations/${encodeURIComponent(item.identity)}` });
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

export function AdoptAll({ items, site, onDone }: { items: readonly InboxEntry[]; site?: string; onDone: (id: string) => void }) {
    const adopt = useDeed(async () => {
        try {
            for (const i of items) { await adoptOne(i.identity, site); onDone(i.identity); }
        } finally {
            void load.inbox();
        }
    });
    return (
        <>
            <button type="button" disabled={adopt.busy.value} onClick={() => void adopt.run()}>{adopt.busy.value ? t('working') : t('inbox.adopt_all', { n: items.length })}</button>
            {adopt.problem.value && <ProblemNote problem={adopt.problem.value} />}
        </>
    );
}
