/* Power and energy of one session, from its meter values; while it is open, live at the end. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Problem, everyPage } from '../../shared/api';
import * as format from '../../shared/format';
import { openSessions } from '../store/live';
import { type Series, noSeries, seriesOf, withNow } from '../store/series';
import type { MeterValue, Session } from '../store/types.gen';
import { t } from '../t';
import { asProblem } from './ask';
import { Bones, Empty, ProblemNote } from './note';
import { type Line, Plot } from './plot';

const liveStepS = 2;

function linesOf(series: Series): Line[] {
    const lines: Line[] = [
        { label: t('col.power'), colour: 'charging', values: series.powerW, fill: true, scale: 'w' },
        { label: t('col.energy'), colour: 'available', values: series.energyWh, scale: 'wh' },
    ];
    return lines.filter((l) => l.values.some((v) => v !== null));
}

export function SessionPlot({ session, height = 260 }: { session: Session; height?: number }) {
    const series = useSignal<Series>(noSeries);
    const ready = useSignal(false);
    const problem = useSignal<Problem | undefined>(undefined);
    useEffect(() => {
        let gone = false;
        const items: MeterValue[] = [];
        ready.value = false;
        void everyPage<MeterValue>(`/sessions/${session.id}/meter_values`, {}, (some) => items.push(...some))
            .then(() => { problem.value = undefined; }, (error) => { problem.value = asProblem(error); })
            .then(() => {
                if (gone) return;
                series.value = seriesOf(items, session);
                ready.value = true;
            });
        return () => { gone = true; };
    }, [session.id, session.state]);
    const live = openSessions.get(session.id)?.value;
    useEffect(() => {
        const at = Date.now() / 1000;
        const last = series.peek().at[series.peek().at.length - 1] ?? 0;
        if (live && ready.peek() && at - last >= liveStepS) series.value = withNow(series.peek(), live, at);
    }, [live]);
    if (!ready.value) return <div style={{ minHeight: `${height + 20}px` }}><Bones lines={6} /></div>;
    if (problem.value) return <ProblemNote problem={problem.value} />;
    const { at } = series.value;
    const lines = linesOf(series.value);
    if (at.length < 2 || lines.length === 0) return <div style={{ minHeight: `${height + 20}px` }}><Empty title={t('session.no_values')}><p>{t('session.no_values_why')}</p></Empty></div>;
    const max = Math.max(...series.value.powerW.map((v) => v ?? 0));
    return <Plot at={at} lines={lines} height={height}
                 summary={t('session.plot_summary', { energy: format.join(format.energy(session.energy_wh)), power: format.join(format.power(max)) })} />;
}
