/* What was decided, when and why; each decision can be taken along with all that it was decided from. */
import { apiRoot } from '../../../shared/api';
import { useAsk } from '../../parts/ask';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { Moment } from '../../parts/time';
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

const shownMax = 4;

export function Decisions({ site }: { site: Site }) {
    const asked = useAsk<{ items: Decision[] }>(`/sites/${site.id}/power/decisions?limit=50`);
    const items = asked.data.value?.items.filter((d) => d.changes.length > 0); // the others changed nothing for a car
    return (
        <section class="card" aria-labelledby="decisions-title">
            <header><h2 id="decisions-title">{t('power.decisions')}</h2><button type="button" class="plain" onClick={asked.again}>{t('power.refresh')}</button></header>
            {asked.problem.value && !items ? <div class="pad"><ProblemNote problem={asked.problem.value} again={asked.again} /></div>
                : !items ? <Bones lines={4} />
                : items.length === 0 ? <Empty title={t('power.no_decisions')} />
                : <ol class="line-of-time">{items.map((d) => (
                    <li key={d.id}>
                        <Moment at={d.at} /><span class="dot" />
                        <div>
                            <b>{word('power_cause', d.cause)}</b> <a class="quiet" href={`${apiRoot}/sites/${site.id}/power/decisions/${d.id}`} download={`decision-${d.id}.json`}>{t('power.inputs')}</a>
                            {d.changes.slice(0, shownMax).map((c) => <div class="why" key={`${c.station} ${c.evse}`}>{c.station} · {c.evse}: {amount(c.from_a, 'A')} → {amount(c.to_a, 'A')}, {c.why_text}</div>)}
                            {d.changes.length > shownMax && <small>{t('power.and_more', { n: d.changes.length - shownMax })}</small>}
                        </div>
                    </li>
                ))}</ol>}
        </section>
    );
}
