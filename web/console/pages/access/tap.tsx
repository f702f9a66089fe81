/* Tap a card now: waits for the next card that nobody knows, at any station, and takes it over. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Dialog } from '../../parts/dialog';
import { useAsk } from '../../parts/ask';
import { Shape } from '../../parts/state';
import { Ago } from '../../parts/time';
import { lastUnknownToken } from '../../store/live';
import type { UnknownToken } from '../../store/types.gen';
import { t } from '../../t';
import { TokenForm } from './token';

const shownMax = 5;

export function TapDialog({ onClose, onSaved }: { onClose: () => void; onSaved: (id?: string) => void }) {
    const tapped = useSignal<UnknownToken | undefined>(undefined);
    const before = useRef(lastUnknownToken.peek());
    const earlier = useAsk<{ items: UnknownToken[] }>('/tokens/unknown');
    useEffect(() => {
        if (lastUnknownToken.value && lastUnknownToken.value !== before.current && !tapped.peek()) tapped.value = lastUnknownToken.value;
    }, [lastUnknownToken.value]);
    const card = tapped.value;
    if (card)
        return (
            <Dialog title={t('tap.got')} onClose={onClose}>
                <p>{t('tap.got_why', { station: card.station })} <Ago at={card.at} /></p>
                <TokenForm id={card.token} type={card.type} onClose={onClose} onSaved={onSaved} />
            </Dialog>
        );
    const recent = (earlier.data.value?.items ?? []).slice(0, shownMax);
    return (
        <Dialog title={t('tap.title')} onClose={onClose}>
            <p>{t('tap.why')}</p>
            <p class="st offline" role="status"><span class="wait"><Shape kind="offline" /></span>{t('tap.waiting')}</p>
            {recent.length > 0 && (
                <>
                    <h2>{t('tap.recent')}</h2>
                    <ul class="stack" style={{ gap: '6px' }}>
                        {recent.map((x) => (
                            <li class="spread" key={`${x.token} ${x.at}`}><span><code>{x.token}</code> <small>{x.station} · <Ago at={x.at} /></small></span>
                                <button type="button" onClick={() => (tapped.value = x)}>{t('tap.take')}</button></li>
                        ))}
                    </ul>
                </>
            )}
            <div class="row end"><button type="button" onClick={onClose}>{t('cancel')}</button></div>
        </Dialog>
    );
}
