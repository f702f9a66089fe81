/* The raw frames of a session, fetched when somebody wants to see them. */
import { useSignal } from '@preact/signals';
import { ExchangeRows } from '../../parts/exchanges';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { usePages } from '../../parts/pages';
import type { Message, Session } from '../../store/types.gen';
import { t } from '../../t';
import { pair } from '../station/frames';

function Frames({ session }: { session: Session }) {
    const pages = usePages<Message>(`/sessions/${session.id}/messages?limit=200`);
    const messages = pages.items.value;
    return (
        <>
            {pages.problem.value && <div class="pad"><ProblemNote problem={pages.problem.value} again={pages.again} /></div>}
            {!messages ? <Bones lines={6} /> : messages.length === 0 ? <Empty title={t('log.none')} /> : <div class="log"><ExchangeRows exchanges={pair(messages)} /></div>}
            {pages.more.value && <div class="tail"><button type="button" class="plain" onClick={pages.next}>{t('log.older')}</button></div>}
        </>
    );
}

export function SessionFrames({ session }: { session: Session }) {
    const shown = useSignal(false);
    return (
        <section class="card" aria-labelledby="frames-title">
            <header><h2 id="frames-title">{t('session.frames')}</h2>
                <button type="button" class="plain" aria-expanded={shown.value} onClick={() => (shown.value = !shown.value)}>{shown.value ? t('hide') : t('show')}</button></header>
            {shown.value && <Frames session={session} />}
        </section>
    );
}
