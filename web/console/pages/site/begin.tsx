/* A site that shares nothing yet: two numbers, and it does. */
import { type Signal, useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { Shape } from '../../parts/state';
import type { Site, Station } from '../../store/types.gen';
import { type Key, t } from '../../t';
import { type Whole, begin } from './model';

function Amperes({ label, value }: { label: Key; value: Signal<string> }) {
    const id = useId();
    return (
        <span class="row">
            <label for={id}>{t(label)}</label>
            <span class="amount"><input id={id} type="text" inputMode="decimal" style={{ width: '84px' }} value={value.value} onInput={(e) => (value.value = e.currentTarget.value)} /><i>A</i></span>
        </span>
    );
}

const read = (of: Signal<string>) => Number(of.value.replace(',', '.'));

export function Begin({ site, stations, onBegin }: { site: Site; stations: Station[]; onBegin: (doc: Whole) => void }) {
    const limit = useSignal('63');
    const breaker = useSignal('32');
    const good = read(limit) > 0 && read(breaker) > 0;
    const start = (event: Event) => {
        event.preventDefault();
        if (good) onBegin(begin(read(limit), read(breaker), t('power.grid_name'), stations));
    };
    return (
        <section class="card pad stack" aria-labelledby="begin-title">
            <h2 id="begin-title">{t('power.begin')}</h2>
            <p style={{ maxWidth: '62ch' }}>{t('power.begin_why', { site: site.name, n: stations.length })}</p>
            {stations.length === 0 && <p class="note"><Shape kind="preparing" /><span>{t('power.begin_empty')} <a href={`/sites/${site.id}/settings`}>{t('power.begin_assign')}</a></span></p>}
            <form class="row begin" onSubmit={start}>
                <Amperes label={'power.begin_limit'} value={limit} />
                <Amperes label={'power.begin_breaker'} value={breaker} />
                <button type="submit" class="primary" disabled={!good}>{t('power.begin_do')}</button>
            </form>
            <p class="hint">{t('power.begin_hint')}</p>
        </section>
    );
}
