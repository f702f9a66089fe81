import * as format from '../../../shared/format';
import { Plot } from '../../parts/plot';
import { useEffect } from 'preact/hooks';
import { course, powerNow, recallCourse } from '../../store/today';
import { t } from '../../t';

const leastS = 600; // a server that has just begun does not show an hour of nothing

export function PowerCard() {
    useEffect(() => void recallCourse().catch(() => undefined), []);
    const { at, w } = course.value;
    const known = w.filter((x): x is number => x !== null);
    const range = (of: number) => format.join(format.power(of));
    const first = w.findIndex((x) => x !== null && x > 0);
    const spanS = first < 0 ? leastS : Math.min(3600, Math.max(leastS, Date.now() / 1000 - at[first]! + 30));
    const summary = known.length ? t('now.power_summary', { low: range(Math.min(...known)), high: range(Math.max(...known)), now: range(powerNow.value) }) : '';
    return (
        <section class="card" aria-labelledby="power-title">
            <header><h2 id="power-title">{t('now.power_hour')}</h2><small>{format.join(format.power(powerNow.value))}</small></header>
            <div class="pad" style={{ paddingTop: 0 }}>
                <Plot at={at} summary={summary} height={230} spanS={spanS} lines={[{ label: t('now.measured'), colour: 'charging', values: w, fill: true }]} />
            </div>
        </section>
    );
}
