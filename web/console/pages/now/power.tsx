import * as format from '../../../shared/format';
import { Plot } from '../../parts/plot';
import { useEffect } from 'preact/hooks';
import { course, powerNow, recallCourse } from '../../store/today';
import { t } from '../../t';

export function PowerCard() {
    useEffect(() => void recallCourse().catch(() => undefined), []);
    const { at, w } = course.value;
    const known = w.filter((x): x is number => x !== null);
    const range = (of: number) => format.join(format.power(of));
    const summary = known.length ? t('now.power_summary', { low: range(Math.min(...known)), high: range(Math.max(...known)), now: range(powerNow.value) }) : '';
    return (
        <section class="card" aria-labelledby="power-title">
            <header><h2 id="power-title">{t('now.power_hour')}</h2><small>{format.join(format.power(powerNow.value))}</small></header>
            <div class="pad" style={{ paddingTop: 0 }}>
                <Plot at={at} summary={summary} height={230} spanS={3600} lines={[{ label: t('now.measured'), colour: 'charging', values: w, fill: true }]} />
            </div>
        </section>
    );
}
