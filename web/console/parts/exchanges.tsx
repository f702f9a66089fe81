/* Exchanges as rows; a row opens to the whole request and answer. */
import { type Signal, useSignal } from '@preact/signals';
import * as format from '../../shared/format';
import { type Exchange, answerSummary, payloadOf, summary } from '../pages/station/frames';
import { t, word } from '../t';
import { said } from './said';
import { Copy } from './copy';
import { Json } from './json';
import { width } from './screen';
import { Shape } from './state';

/* A note has no frame: its code says what happened, and its arguments the rest. */
function noteOf(e: Exchange): [what: string, more: string] | undefined {
    const m = e.call;
    if (m?.kind !== 'note') return undefined;
    return [word('note', m.code ?? 'other'), said(m.code, m.args, m.note ?? '')];
}

function Detail({ exchange: e, columns }: { exchange: Exchange; columns: number }) {
    const note = noteOf(e);
    if (note) return <tr class="detail"><td colSpan={columns}><b>{note[0]}</b> <small>{format.dateTime(e.at)}</small><p>{note[1]}</p></td></tr>;
    const sides = [{ title: t('log.request'), message: e.call }, { title: t('log.answer'), message: e.answer }].filter((s) => s.message);
    return (
        <tr class="detail">
            <td colSpan={columns}>
                <div class="dirs">
                    {sides.map(({ title, message }) => (
                        <div key={title} class="stack" style={{ gap: '6px' }}>
                            <div class="spread"><h2>{title} <small>{format.dateTime(message!.at)} · {message!.message_id}</small></h2>
                                {message!.frame && <Copy text={message!.frame} label={t('log.copy_frame')} />}</div>
                            <Json value={payloadOf(message)} label={title} />
                        </div>
                    ))}
                </div>
            </td>
        </tr>
    );
}

function Outcome({ exchange: e }: { exchange: Exchange }) {
    if (!e.answer) return <span class="muted">{e.call?.kind === 'call' ? t('log.waiting') : ''}</span>;
    const words = answerSummary(e);
    const good = /^(Accepted|Unlocked|{})$/.test(words);
    return <span class={e.error ? 'faulted' : good && words !== '{}' ? 'available' : ''}>{words}</span>;
}

function Row({ exchange: e, open }: { exchange: Exchange; open: Signal<string> }) {
    const isOpen = open.value === e.key;
    const toggle = () => (open.value = isOpen ? '' : e.key);
    const narrow = width.value === 'phone';
    const note = noteOf(e);
    const arrow = e.direction === 'in' ? '→' : '←';
    return (
        <>
            <tr class={`frame${isOpen ? ' open' : ''}`} onClick={(event) => { if (!(event.target as Element).closest('button')) toggle(); }}>
                <td class="mono">{narrow ? format.clock(e.at) : format.clockMs(e.at)}</td>
                <td>{!note && <span role="img" aria-label={t(e.direction === 'out' ? 'log.out' : 'log.in')}>{arrow}</span>}</td>
                <td class="action-cell"><button type="button" class="plain" aria-expanded={isOpen} onClick={toggle}>{note ? note[0] : e.action}</button>
                    {e.error && <> <Shape kind="faulted" /><span class="sr">{t('log.error')}</span></>}
                    {e.flagged && <> <span class="tag warn">{t('log.flagged')}</span></>}</td>
                {!narrow && <td class={note ? 'what' : 'mono what'}>{note ? note[1] : summary(e.action, payloadOf(e.call))}</td>}
                <td class="mono answer-cell"><Outcome exchange={e} /></td>
                <td class="num">{e.ms === null ? '' : e.ms === 0 ? '<1' : format.count(e.ms)}</td>
            </tr>
            {isOpen && <Detail exchange={e} columns={narrow ? 5 : 6} />}
        </>
    );
}

export function ExchangeRows({ exchanges }: { exchanges: Exchange[] }) {
    const open = useSignal('');
    const narrow = width.value === 'phone';
    return (
        <div class="table">
            <table aria-label={t('station.log')}>
                <thead><tr><th scope="col">{t('log.time')}</th><th scope="col"><span class="sr">{t('log.direction')}</span></th><th scope="col">{t('log.action')}</th>
                    {!narrow && <th scope="col">{t('log.what')}</th>}<th scope="col">{t('log.answer')}</th><th scope="col" class="num">ms</th></tr></thead>
                <tbody>{exchanges.map((e) => <Row key={e.key} exchange={e} open={open} />)}</tbody>
            </table>
        </div>
    );
}
