/* Asks a station to do something, and shows its own answer with the time that it took. */
import { useSignal } from '@preact/signals';
import { asCurl, request } from '../../shared/api';
import * as format from '../../shared/format';
import type { Command } from '../pages/station/commands';
import type { CallAnswer, CallProblem, Station } from '../store/types.gen';
import { t, word } from '../t';
import { asProblem } from './ask';
import { Copy } from './copy';
import { Dialog } from './dialog';
import { Form, type Values } from './form';
import { problemText } from './said';
import { Json } from './json';

export type Outcome = { answer: CallAnswer } | { problem: CallProblem; message: string };

export async function ask(path: string, body: unknown): Promise<Outcome> {
    try {
        return { answer: await request<CallAnswer>('POST', path, body) };
    } catch (error) {
        const problem = asProblem(error);
        if (problem.status !== 502 && problem.status !== 504 && problem.status !== 409) throw problem;
        return { problem: problem.body as CallProblem, message: problemText(problem) };
    }
}

const tone = { accepted: 'good', rejected: 'bad', other: 'other' } as const;

export function Answer({ outcome }: { outcome: Outcome }) {
    if ('problem' in outcome) {
        const p = outcome.problem;
        return (
            <div class="answer bad" role="status">
                <b>{p.error_code ?? outcome.message}</b>
                {p.error_code && <span>{p.error_description}</span>}
                {p.status === 504 && <span>{p.sent_at ? t('command.sent_at', { at: format.clockMs(p.sent_at) }) : t('command.not_sent')}</span>}
            </div>
        );
    }
    const { answer } = outcome;
    return (
        <div class={`answer ${tone[answer.result]}`} role="status">
            <div class="spread"><b>{answer.status ?? word('result', answer.result)}</b><small>{t('command.took', { ms: answer.latency_ms })}</small></div>
            <span>{word('result_why', answer.result)}</span>
            {Object.keys(answer.answer).length > 0 && <Json value={answer.answer} label={t('command.answer')} />}
        </div>
    );
}

function pathOf(command: Command, station: Station): string {
    return `/stations/${encodeURIComponent(station.id)}/${command.path ?? `commands/${command.name}`}`;
}

/* The curl line of what the form holds now; none while it is not valid. */
function curlOf(command: Command, station: Station, values: Values): string | undefined {
    try {
        return asCurl('POST', pathOf(command, station), command.body(values));
    } catch {
        return undefined;
    }
}

export function CommandDialog({ command, station, onClose }: { command: Command; station: Station; onClose: () => void }) {
    const outcome = useSignal<Outcome | undefined>(undefined);
    const send = async (values: Values) => {
        outcome.value = undefined;
        outcome.value = await ask(pathOf(command, station), command.body(values));
    };
    return (
        <Dialog title={`${t(command.label)} · ${station.name || station.id}`} onClose={onClose}>
            <p>{t(command.why)}</p>
            <Form fields={command.fields(station)} initial={command.initial(station)} submit={t(command.label)} onSubmit={send}
                  extra={(values) => {
                      const curl = curlOf(command, station, values);
                      return <>{curl && <Copy text={curl} label={t('copy_curl')} />}<button type="button" onClick={onClose}>{t('close')}</button></>;
                  }} />
            {outcome.value && <Answer outcome={outcome.value} />}
        </Dialog>
    );
}
