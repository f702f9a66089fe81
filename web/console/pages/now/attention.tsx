import { useSignal } from '@preact/signals';
import { Bones } from '../../parts/note';
import { AdoptButton } from '../../parts/adopt';
import { Shape } from '../../parts/state';
import { type Matter, matters } from '../../store/attention';
import { attention } from '../../store/live';
import { t } from '../../t';

const shownFirst = 6;

function Item({ item }: { item: Matter }) {
    return (
        <li>
            <Shape kind={item.shape} />
            <div><a href={item.href}><b>{item.title}</b></a><div class="why">{item.why}</div></div>
            <div class="row">
                {item.adopt ? <AdoptButton item={item.adopt} /> : <a class="button" href={item.href}>{t('open')}</a>}
            </div>
        </li>
    );
}

export function AttentionCard() {
    const all = useSignal(false);
    const items = matters.value;
    const shown = all.value ? items : items.slice(0, shownFirst);
    return (
        <section class="card" id="needs" aria-labelledby="needs-title">
            <header><h2 id="needs-title">{t('now.needs_title')}</h2><small>{items.length > 1 ? t('now.urgent_first') : ''}</small></header>
            {attention.value === undefined ? <Bones lines={3} />
                : items.length === 0 ? <p class="pad note calm"><Shape kind="available" /><span><b>{t('now.calm')}</b> {t('now.calm_why')}</span></p>
                : <ul class="attention">{shown.map((item) => <Item key={item.key} item={item} />)}</ul>}
            {items.length > shown.length && (
                <div class="tail"><button type="button" class="plain" onClick={() => (all.value = true)}>{t('show_all', { n: items.length })}</button></div>
            )}
        </section>
    );
}
