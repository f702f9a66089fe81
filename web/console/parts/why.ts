/* Why a car gets what it gets, short and in the reader's language: from the word and the limit that is full. A word that
 * is not known here comes as the server's own sentence. */
import * as format from '../../shared/format';
import type { PowerEvseState } from '../store/types.gen';
import { t, word } from '../t';

export type Reason = Pick<PowerEvseState, 'why' | 'why_text' | 'why_node' | 'why_line' | 'connected' | 'probing' | 'laxity_s' | 'departs_at'> & Partial<Pick<PowerEvseState, 'disobeys' | 'target_a' | 'confirmed_a' | 'outside_a' | 'outside_source' | 'unanswered_since'>>;

const timeEnoughS = 900;
const metWh = 10; // less than what is shown
const held: readonly string[] = ['limit', 'shared', 'waits_turn'];

function known({ why, why_node: node, why_line: line, outside_a, outside_source }: Reason): string | undefined {
    const args = {
        node: node == null ? t('why.a_limit') : line == null ? node : t('why.phase_of', { line, node }),
        limit: outside_a == null ? '' : format.join([format.decimal(outside_a, outside_a % 1 ? 1 : 0), 'A']), source: word('limit_source', outside_source ?? undefined),
    };
    const found = word('why', why, args);
    return found === why.replace(/_/g, ' ') ? undefined : found;
}

export function whyOf(of: Reason): string {
    if (!of.connected) return t('why.away');
    if (of.unanswered_since) return t('why.unanswered', { since: format.moment(of.unanswered_since, Date.now()) });
    if (of.probing) return t('why.probing');
    if (of.disobeys) return t('why.disobeys');
    if (of.why === 'full' && (of.target_a ?? 0) > (of.confirmed_a ?? of.target_a ?? 0)) return t('why.on_its_way');
    const words = known(of) ?? of.why_text;
    const enough = held.includes(of.why) && of.departs_at && (of.laxity_s ?? 0) > timeEnoughS;
    return enough ? `${words}; ${t('why.time_enough')}` : words;
}

/* What the car said, or what is known of it: "needs 12.4 kWh", "until 18:30". */
export function needOf(of: Pick<PowerEvseState, 'need_wh' | 'departs_at' | 'departs_learned'>, now: number): [energy: string, until: string] {
    return [of.need_wh === null ? '' : of.need_wh < metWh ? t('power.need_met') : t('power.needs', { energy: format.join(format.energy(of.need_wh)) }),
            of.departs_at ? `${t(of.departs_learned ? 'power.likely_until' : 'power.until')} ${format.moment(of.departs_at, now)}` : ''];
}

/* What may flow, in watts: a limit is in amperes, and the voltage there a little more than usual. What flows within it is no more
 * than may. */
export function mayW(of: Pick<PowerEvseState, 'limit_w' | 'draw_a' | 'booked_a' | 'confirmed_a' | 'disobeys'>, draws: number): number {
    const told = of.confirmed_a ?? of.booked_a;
    return !of.disobeys && of.draw_a !== null && told !== null && of.draw_a <= told ? Math.max(of.limit_w, draws) : of.limit_w;
}
