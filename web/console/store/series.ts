/* Meter values as lines over time: power, energy since the start, state of charge. */
import type { MeterValue, Session } from './types.gen';

export interface Series {
    at: number[];
    powerW: (number | null)[];
    energyWh: (number | null)[];
    socPercent: (number | null)[];
}

export const noSeries: Series = { at: [], powerW: [], energyWh: [], socPercent: [] };

type Sample = MeterValue['samples'][number];

/* The value of the whole, or the sum of its phases. */
function total(samples: Sample[], measurand: string): number | null {
    const own = samples.filter((s) => s.measurand === measurand && s.value !== null && s.location !== 'Inlet');
    const whole = own.find((s) => !s.phase);
    if (whole) return whole.value;
    const phases = own.filter((s) => /^L[123](-N)?$/.test(s.phase ?? ''));
    return phases.length ? phases.reduce((sum, s) => sum + s.value!, 0) : null;
}

export function seriesOf(items: MeterValue[], session: Session): Series {
    const series: Series = { at: [], powerW: [], energyWh: [], socPercent: [] };
    let first = session.register_start_wh;
    for (const item of [...items].sort((a, b) => (a.timestamp ?? a.received_at).localeCompare(b.timestamp ?? b.received_at))) {
        const register = total(item.samples, 'Energy.Active.Import.Register');
        first ??= register;
        const at = Date.parse(item.timestamp ?? item.received_at) / 1000;
        const before = series.at.length - 1;
        const energy = register === null || first === null ? null : Math.max(0, register - first);
        let power = total(item.samples, 'Power.Active.Import');
        const energyBefore = series.energyWh[before];
        if (power === null && energy !== null && energyBefore !== null && energyBefore !== undefined && at > series.at[before]!)
            power = ((energy - energyBefore) * 3600) / (at - series.at[before]!); // from the energy, where no power is told
        series.at.push(at);
        series.powerW.push(power);
        series.energyWh.push(energy);
        series.socPercent.push(total(item.samples, 'SoC'));
    }
    return series;
}

/* The power that held at a moment: of the sample before it, as long as the session went on. */
export function powerAt(series: Series, at: number): number {
    if (at > (series.at[series.at.length - 1] ?? 0)) return 0;
    let power = 0;
    for (let i = 0; i < series.at.length && series.at[i]! <= at; i++) power = series.powerW[i] ?? power;
    return power;
}

/* The series with what is live now at its end. */
export function withNow(series: Series, session: Session, at: number): Series {
    return {
        at: [...series.at, at], powerW: [...series.powerW, session.power_w],
        energyWh: [...series.energyWh, session.energy_wh], socPercent: [...series.socPercent, session.soc_percent],
    };
}
