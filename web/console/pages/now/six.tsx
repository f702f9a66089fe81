import * as format from '../../../shared/format';
import { attentionCount } from '../../store/attention';
import { limitOfAll } from '../../store/now';
import { numbers, powerNow } from '../../store/today';
import { type Key, t } from '../../t';

interface Figure {
    label: Key;
    href: string;
    ready: boolean;
    value: string;
    unit: string;
}

/* Each number leads to the list behind it. */
export function SixNumbers() {
    const n = numbers.value;
    const [power, powerUnit] = format.power(powerNow.value);
    const [energy, energyUnit] = format.energy(n.energyTodayWh ?? 0);
    const limit = limitOfAll.value;
    const starts = n.starts ?? { all: 0, worked: 0 };
    const worked = starts.all ? format.decimal((100 * starts.worked) / starts.all, 1) : '–';
    const figures: Figure[] = [
        { label: 'now.online', href: '/stations?state=online', ready: n.ready, value: format.count(n.online), unit: t('now.of', { n: format.count(n.total) }) },
        { label: 'now.charging', href: '/stations?state=charging', ready: n.ready, value: format.count(n.charging), unit: t('now.plugs', { n: n.charging }) },
        { label: 'now.power', href: '/sessions?state=open', ready: n.ready, value: power, unit: limit === undefined ? powerUnit : t('now.power_of', { unit: powerUnit, limit: format.power(limit)[1] === powerUnit ? format.power(limit)[0] : format.join(format.power(limit)) }) },
        { label: 'now.energy', href: '/sessions', ready: n.energyTodayWh !== undefined, value: energy, unit: energyUnit },
        { label: 'now.worked', href: '/sessions', ready: n.starts !== undefined, value: worked, unit: starts.all ? t('now.worked_of', { n: format.count(starts.all) }) : '' },
        { label: 'now.needs', href: '#needs', ready: n.ready, value: format.count(attentionCount.value), unit: t('now.things', { n: attentionCount.value }) },
    ];
    return (
        <section class="card six" aria-label={t('now.figures')}>
            {figures.map((f) => (
                <a key={f.label} href={f.href}>
                    <h2>{t(f.label)}</h2>
                    <strong>{f.ready ? <>{f.value}<i>{f.unit}</i></> : <span class="bone" />}</strong>
                </a>
            ))}
        </section>
    );
}
