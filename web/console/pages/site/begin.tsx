/* A site that shares nothing yet: one number, and it does. */
import { useSignal } from '@preact/signals';
import type { Site, Station } from '../../store/types.gen';
import { t } from '../../t';
import { type Whole, begin } from './model';

export function Begin({ site, stations, onBegin }: { site: Site; stations: Station[]; onBegin: (doc: Whole) => void }) {
    const amperes = useSignal('63');
    const limit = Number(amperes.value.replace(',', '.'));
    const start = (event: Event) => {
        event.preventDefault();
        if (limit > 0) onBegin(begin(limit, t('power.grid_name'), stations));
    };
    return (
        <section class="card pad stack" aria-labelledby="begin-title">
            <h2 id="begin-title">{t('power.begin')}</h2>
            <p style={{ maxWidth: '62ch' }}>{t('power.begin_why', { site: site.name, n: stations.length })}</p>
            <form class="row" onSubmit={start}>
                <label for="begin-limit">{t('power.begin_limit')}</label>
                <span class="amount"><input id="begin-limit" type="text" inputMode="decimal" style={{ width: '96px' }} value={amperes.value} onInput={(e) => (amperes.value = e.currentTarget.value)} /><i>A</i></span>
                <button type="submit" class="primary" disabled={!(limit > 0)}>{t('power.begin_do')}</button>
            </form>
            <p class="hint">{t('power.begin_hint')}</p>
        </section>
    );
}
