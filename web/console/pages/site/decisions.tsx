/* What was decided, when and why; each decision can be taken along with all that it was decided from. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { apiRoot } from '../../../shared/api';
import { useAsk } from '../../parts/ask';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { Moment } from '../../parts/time';
import { stations } from '../../store/live';
import type { Site } from '../../store/types.gen';
import { t, word } from '../../t';
import { amount } from './bars';

interface Change {
    station: string;
    evse: number;
    from_a: number;
    to_a: number;
    why: string;
    why_text: string;
}

interface Decision {
    id: string;
    at: string;
    cause: string;
    changes: Change[];
}

const changesMax = 4;
const firstShown = 4;
const againMs = 10_000;

/* As the site's other cards call it. */
function placeOf(c: Change): string {
    return `${stations.get(c.station)?.peek().name || c.station} · ${c.evse}`;
}

/* One reason for all of them is said once. */
function Changes({ changes }: { changes: readonly Change[] }) {
    const shown = changes.slice(0, changesMax);
    const same = shown.every((c) => c.why === shown[0]!.why);
    const reason = (c: Change) => <span class="muted">{word('site_why', c.why)}</span>;
    const step = (c: Change) => `${placeOf(c)}: ${amount(c.from_a, 'A')} → ${amount(c.to_a, 'A')}`;
    return (
        <>
            {same ? <div class="why">{shown.map(step).join(', ')} · {reason(shown[0]!)}</div> : shown.map((c) => <div class="why" key={`${c.station} ${c.evse}`}>{step(c)} · {reason(c)}</div>)}
            {changes.length > changesMax && <small>{t('power.and_more', { n: changes.length - changesMax })}</small>}
        </>
    );
}

export function Decisions({ site }: { site: Site }) {
    const all = useSignal(false);
    const asked = useAsk<{ items: Decision[] }>(`/sites/${site.id}/power/decisions?limit=50`);
    useEffect(() => {
        const timer = setInterval(asked.again, againMs);
        return () => clearInterval(timer);
    }, [site.id]);
    const items = asked.data.value?.items.filter((d) => d.changes.length > 0); // the others changed nothing for a car
    const shown = all.value ? items : items?.slice(0, firstShown);
    return (
        <section class="card" aria-labelledby="decisions-title">
            <header><h2 id="decisions-title">{t('power.decisions')}</h2></header>
            {asked.problem.value && !items ? <div class="pad"><ProblemNote problem={asked.problem.value} again={asked.again} /></div>
                : !items || !shown ? <Bones lines={4} />
                : items.length === 0 ? <Empty title={t('power.no_decisions')} />
                : <ol class="line-of-time">{shown.map((d) => (
                    <li key={d.id}>
                        <Moment at={d.at} /><span class="dot" />
                        <div>
                            <b>{word('power_cause', d.cause)}</b> <a class="quiet" href={`${apiRoot}/sites/${site.id}/power/decisions/${d.id}`} download={`decision-${d.id}.json`} title={t('power.inputs_why')}>{t('power.inputs')}</a>
                            <Changes changes={d.changes} />
                        </div>
                    </li>
                ))}</ol>}
            {items && items.length > firstShown && !all.value && <div class="tail"><button type="button" class="plain" onClick={() => (all.value = true)}>{t('show_all', { n: items.length })}</button></div>}
        </section>
    );
}
