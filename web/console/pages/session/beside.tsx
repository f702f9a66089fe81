/* What a session was told, what its station says, what the meter shows and what is planned, now, one under the other. */
import * as format from '../../../shared/format';
import { Ago } from '../../parts/time';
import type { LimitPeriod, PowerEvseState, SessionPower } from '../../store/types.gen';
import { t } from '../../t';

export const amps = (a: number) => format.join([format.decimal(a, a % 1 ? 1 : 0), 'A']);
const watts = (w: number) => format.join(format.power(w));

/* The period that holds now; before the first, that. */
export function inForce(periods: readonly LimitPeriod[]): LimitPeriod | undefined {
    const begun = periods.filter((p) => Date.parse(p.start_at) <= Date.now());
    return begun[begun.length - 1] ?? periods[0];
}

const lines = (values: readonly (number | null)[], unit: 'A' | 'W') =>
    values.map((v, i) => (v === null ? undefined : `L${i + 1} ${unit === 'A' ? amps(v) : watts(v)}`)).filter(Boolean).join(' · ');

function amount(p: LimitPeriod): string {
    if (p.limit_phases_a) return lines(p.limit_phases_a, 'A');
    if (p.limit_phases_w) return lines(p.limit_phases_w, 'W');
    return [p.limit_a === null ? undefined : amps(p.limit_a), p.limit_w === null ? undefined : watts(p.limit_w)].filter(Boolean).join(' · ');
}

/* Was it asked before the limit that holds now was confirmed? */
export function isOld(power: SessionPower): boolean {
    const last = power.limits[power.limits.length - 1];
    return !power.composite || (last !== undefined && Date.parse(power.composite.asked_at) < Date.parse(last.at));
}

export function Beside({ power }: { power: SessionPower & PowerEvseState }) {
    const says = inForce(power.composite?.periods ?? []), plan = inForce(power.given), car = power.car_plan && !power.car_plan.refused ? inForce(power.car_plan.periods) : undefined;
    return (
        <dl class="kv left beside">
            <dt>{t('beside.told')}</dt>
            <dd>{power.confirmed_a === null ? t('beside.nothing') : <>{power.limit_phases_a ? lines(power.limit_phases_a, 'A') : amps(power.confirmed_a)} · {watts(power.limit_w)}</>}</dd>
            <dt>{t('beside.says')}</dt>
            <dd>{power.composite && says ? <>{amount(says)} <small class="muted"><Ago at={power.composite.asked_at} />{isOld(power) && <>, {t('beside.before')}</>}</small></> : t('beside.not_said')}</dd>
            <dt>{t('beside.meter')}</dt>
            <dd>{power.draw_a === null ? t('beside.not_said') : <>{amps(power.draw_a)}{power.draw_w !== null && <> · {watts(power.draw_w)}</>} {power.draw_at && <small class="muted"><Ago at={power.draw_at} /></small>}</>}</dd>
            {plan && <><dt>{t('beside.plan')}</dt><dd>{amount(plan)}</dd></>}
            {car && <><dt>{t('beside.car')}</dt><dd>{amount(car)}</dd></>}
        </dl>
    );
}
