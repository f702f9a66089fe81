/* The log of a station, live: request and answer on one row, with the milliseconds between them. */
import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Page, request, withQuery } from '../../../shared/api';
import { download } from '../../../shared/csv';
import { follow } from '../../../shared/events';
import { asProblem } from '../../parts/ask';
import { ExchangeRows } from '../../parts/exchanges';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import type { Problem } from '../../../shared/api';
import type { Message, Station } from '../../store/types.gen';
import { t } from '../../t';
import { pair } from './frames';
import { filterOf } from './query';
import { query, setQuery } from '../../../shared/router';

const pageSize = 200;
const keptMax = 2000; // messages in memory; older ones are asked for again

/* Messages newest first: the last page, live ones on top, older ones on demand. */
function useMessages(station: string) {
    const messages = useSignal<Message[] | undefined>(undefined);
    const cursor = useSignal<string | undefined>(undefined);
    const problem = useSignal<Problem | undefined>(undefined);
    const paused = useSignal(false);
    const held = useSignal<Message[]>([]);
    const path = `/stations/${encodeURIComponent(station)}/messages`;
    const older = async () => {
        try {
            const page = await request<Page<Message>>('GET', withQuery(path, { limit: pageSize, cursor: cursor.peek() }));
            const known = new Set((messages.peek() ?? []).map((m) => m.id));
            messages.value = [...(messages.peek() ?? []), ...page.items.filter((m) => !known.has(m.id))];
            cursor.value = page.next_cursor ?? undefined;
            problem.value = undefined;
        } catch (error) {
            problem.value = asProblem(error);
        }
    };
    const take = (message: Message) => {
        if (paused.peek()) held.value = [message, ...held.peek()].slice(0, keptMax);
        else if (!messages.peek()?.some((m) => m.id === message.id)) messages.value = [message, ...(messages.peek() ?? [])].slice(0, keptMax);
    };
    useEffect(() => {
        messages.value = undefined;
        void older();
        return follow(withQuery('', { topics: 'message', station }).slice(1), 'message', (data) => take(data as Message));
    }, [station]);
    const resume = () => {
        paused.value = false;
        const missed = held.peek();
        held.value = [];
        messages.value = [...missed, ...(messages.peek() ?? [])].slice(0, keptMax);
    };
    return { messages, cursor, problem, paused, held, older, resume };
}

export function LogTab({ station }: { station: Station }) {
    const log = useMessages(station.id);
    const typed = query('filter');
    const all = useComputed(() => pair(log.messages.value ?? []));
    const shown = all.value.filter(filterOf(typed));
    const save = () => download(`${station.id}.jsonl`, 'application/x-ndjson',
        shown.flatMap((e) => [e.call, e.answer]).filter((m): m is Message => !!m).map((m) => JSON.stringify(m)).join('\n') + '\n');
    return (
        <section class="card log" aria-label={t('station.log')}>
            <div class="pad row">
                <input type="search" class="mono" style={{ flex: '1 1 240px', width: 'auto' }} aria-label={t('log.filter')} placeholder="action:Transaction* error ms:>500"
                       value={typed} onInput={(e) => setQuery({ filter: e.currentTarget.value })} />
                <button type="button" aria-pressed={log.paused.value} onClick={() => (log.paused.value ? log.resume() : (log.paused.value = true))}>
                    {log.paused.value ? t('log.resume', { n: log.held.value.length }) : t('log.pause')}</button>
                <button type="button" disabled={shown.length === 0} onClick={save}>{t('log.export')}</button>
            </div>
            {log.problem.value && <div class="pad"><ProblemNote problem={log.problem.value} again={() => void log.older()} /></div>}
            {log.messages.value === undefined ? <Bones lines={10} />
                : shown.length === 0 ? <Empty title={typed ? t('log.no_match') : t('log.none')}><p>{typed ? t('log.help') : t('log.none_why')}</p></Empty>
                : <ExchangeRows exchanges={shown} />}
            <div class="tail">
                <span>{t('log.count', { n: shown.length })}</span>
                {log.cursor.value && <button type="button" class="plain" onClick={() => void log.older()}>{t('log.older')}</button>}
            </div>
        </section>
    );
}
