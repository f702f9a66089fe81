/* What the server says by a code and what it is about, in the reader's language. A code that has no words here comes as the
 * server's own sentence. */
import type { Problem } from '../../shared/api';
import * as format from '../../shared/format';
import { hasText } from '../../shared/i18n';
import { t, word } from '../t';

export type SaidArgs = Readonly<Record<string, string | number>>;

/* A name ends with its unit, and is shown as such; some name a word of the API. */
const shown: readonly [name: RegExp, show: (value: string | number) => string][] = [
    [/_a$/, (v) => format.join([format.decimal(Number(v), Number(v) % 1 ? 1 : 0), 'A'])],
    [/_w$/, (v) => format.join(format.power(Number(v)))],
    [/_wh$/, (v) => format.join(format.energy(Number(v)))],
    [/_s$/, (v) => format.duration(Math.abs(Number(v)) * 1000)],
    [/^purpose$/, (v) => word('profile_purpose', String(v))],
    [/^trouble$/, (v) => word('trouble', String(v))],
    [/^protocol$/, (v) => word('protocol', String(v))],
    [/^error$/, (v) => word('call_error', String(v))],
    [/^event$/, (v) => word('security_event', String(v))],
    [/^reason$/, (v) => word('close_reason', String(v).replace(/\W+/g, '_'))],
    [/^zone$/, (v) => (v ? t('said.series_zone', { zone: String(v) }) : '')],
];

function showOf(code: string, name: string, value: string | number): string | number {
    if (name === 'zone' && code === 'no_such_hour') return value;
    return shown.find(([of]) => of.test(name))?.[1](value) ?? value;
}

export function said(code: unknown, args: unknown, otherwise: string): string {
    const name = String(code);
    if (!code || !hasText(`said.${name}`)) return otherwise;
    const known = Object.entries((args ?? {}) as SaidArgs).map(([of, value]) => [of, showOf(name, of, value)]);
    return word('said', name, Object.fromEntries(known)).trim();
}

export function problemText(problem: Problem): string {
    return problem.status === 0 ? t('said.no_server') : said(problem.body.code, problem.body.args, problem.message);
}
