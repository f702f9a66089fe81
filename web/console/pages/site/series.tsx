/* What is known of the hours ahead: prices, CO2, sun, other loads. A file is looked at first, and taken as a whole. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Problem, request } from '../../../shared/api';
import * as format from '../../../shared/format';
import { useAsk, useDeed } from '../../parts/ask';
import { Dialog } from '../../parts/dialog';
import { ProblemNote } from '../../parts/note';
import { problemText, said } from '../../parts/said';
import { Moment } from '../../parts/time';
import { toast } from '../../parts/toast';
import { may } from '../../store/me';
import type { Site } from '../../store/types.gen';
import { t, word } from '../../t';
import { type SeriesKind, seriesCsv, seriesKinds, seriesUnits } from './series-csv';

interface Looked {
    from: string;
    to: string;
    step_s: number;
    count: number;
    lowest: number;
    highest: number;
}

interface Known {
    parts: { from: string; step_s: number; price_minor_per_kwh?: number[]; co2_g_per_kwh?: number[]; power_w?: number[] }[];
}

const shownUnit: Record<SeriesKind, (v: number) => string> = {
    price: (v) => `${format.decimal(v, 1)} ct/kWh`, co2: (v) => `${format.count(v)} g/kWh`,
    solar: (v) => format.join(format.power(v)), load: (v) => format.join(format.power(v)),
};

const checkAfterMs = 400;

/* "line 7" of what was sent is another one of a file without a heading. */
function lineOf(problem: Problem, shift: number): number | undefined {
    const found = /^line (\d+)$/.exec(String(problem.body.field ?? ''));
    return found ? Number(found[1]) + shift : undefined;
}

function WrongLine({ line, text, why }: { line: number; text: string; why: string }) {
    return (
        <div class="answer bad" role="alert">
            <b>{t('series.wrong_line', { line })}</b>
            <code>{text.split(/\r?\n/)[line - 1] ?? ''}</code>
            <span>{why}</span>
        </div>
    );
}

function Wrong({ problem, text, shift }: { problem: Problem; text: string; shift: number }) {
    const line = lineOf(problem, shift);
    return line === undefined ? <ProblemNote problem={problem} /> : <WrongLine line={line} text={text} why={problemText(problem)} />;
}

function Good({ looked, kind }: { looked: Looked; kind: SeriesKind }) {
    return (
        <div class="answer good" role="status">
            <b>{t('series.would_take', { n: looked.count, time: format.duration(looked.step_s * 1000) })}</b>
            <span><Moment at={looked.from} /> – <Moment at={looked.to} /></span>
            <span>{t('series.between', { low: shownUnit[kind](looked.lowest), high: shownUnit[kind](looked.highest) })}</span>
            <small>{t('series.replaces')}</small>
        </div>
    );
}

function exampleOf(kind: SeriesKind, unit: string): string {
    const values = { price: ['31.2', '28.9'], co2: ['310', '295'], solar: ['0.4', '2.1'], load: ['12.5', '13.0'] }[kind];
    return `from,${unit}\n2026-11-28 14:00,${values[0]}\n2026-11-28 15:00,${values[1]}`;
}

function ImportDialog({ site, kind, onClose }: { site: Site; kind: SeriesKind; onClose: (taken: boolean) => void }) {
    const { units } = seriesUnits[kind];
    const unit = useSignal(0);
    const text = useSignal('');
    const looked = useSignal<Looked | undefined>(undefined);
    const wrong = useSignal<Problem | undefined>(undefined);
    const made = seriesCsv(text.value, kind, units[unit.value]![1]);
    const put = (dry: boolean, signal?: AbortSignal) => request<Looked>('PUT', `/sites/${site.id}/series/${kind}${dry ? '?dry_run=true' : ''}`, made.csv, { type: 'text/csv', signal });
    useEffect(() => {
        looked.value = wrong.value = undefined;
        if (text.value.trim() === '' || made.unclear) return;
        const stop = new AbortController();
        const timer = setTimeout(() => void put(true, stop.signal).then(
            (found) => (looked.value = found),
            (error) => { if (error instanceof Problem) wrong.value = error; }), checkAfterMs);
        return () => { clearTimeout(timer); stop.abort(); };
    }, [text.value, unit.value]);
    const take = useDeed(() => put(false));
    const done = async () => {
        if (!(await take.run())) return;
        toast(t('series.taken'), 'good');
        onClose(true);
    };
    return (
        <Dialog title={`${word('series', kind)} · ${site.name}`} wide calm onClose={() => onClose(false)}>
            <p>{t('series.how', { zone: site.time_zone })}</p>
            <div class="form cols">
                <label class="field"><span class="label">{t('import.file')}</span>
                    <input type="file" accept=".csv,.txt,text/csv,text/plain" onChange={(e) => void e.currentTarget.files?.[0]?.text().then((read) => (text.value = read))} /></label>
                <label class="field"><span class="label">{t('series.unit')}</span>
                    <select value={String(unit.value)} onChange={(e) => (unit.value = Number(e.currentTarget.value))}>{units.map(([name], i) => <option key={name} value={String(i)}>{name}</option>)}</select></label>
                <label class="field whole"><span class="label">{t('series.paste')}</span>
                    <textarea class="mono" rows={7} spellcheck={false} placeholder={exampleOf(kind, units[unit.value]![0])} value={text.value} onInput={(e) => (text.value = e.currentTarget.value)} /></label>
            </div>
            {looked.value && <Good looked={looked.value} kind={kind} />}
            {made.unclear && <WrongLine line={made.unclear.line} text={text.value} why={said(made.unclear.why, made.unclear, '')} />}
            {wrong.value && <Wrong problem={wrong.value} text={text.value} shift={made.shift} />}
            {take.problem.value && <ProblemNote problem={take.problem.value} />}
            <div class="row end">
                <button type="button" onClick={() => onClose(false)}>{t('cancel')}</button>
                <button type="button" class="primary" disabled={!looked.value || take.busy.value} onClick={() => void done()}>{take.busy.value ? t('working') : looked.value ? t('import.take', { n: looked.value.count }) : t('series.take')}</button>
            </div>
        </Dialog>
    );
}

function Row({ site, kind, turn, onImport }: { site: Site; kind: SeriesKind; turn: number; onImport: () => void }) {
    const asked = useAsk<Known>(`/sites/${site.id}/series/${kind}`);
    useEffect(() => { if (turn) asked.again(); }, [turn]);
    const parts = asked.data.value?.parts ?? [];
    const values = parts.flatMap((p) => p.price_minor_per_kwh ?? p.co2_g_per_kwh ?? p.power_w ?? []).filter((v) => v !== null);
    const last = parts[parts.length - 1];
    const until = last && new Date(Date.parse(last.from) + last.step_s * 1000 * (last.price_minor_per_kwh ?? last.co2_g_per_kwh ?? last.power_w ?? []).length).toISOString();
    return (
        <li>
            <div><b>{word('series', kind)}</b>
                <div class="why">{values.length === 0 ? t('series.none') : <>{t('series.until')} <Moment at={until} />, {t('series.between', { low: shownUnit[kind](Math.min(...values)), high: shownUnit[kind](Math.max(...values)) })}</>}</div></div>
            {may('power.control') && <button type="button" aria-label={`${t('series.import')} ${word('series', kind)}`} onClick={onImport}>{t('series.import')}</button>}
        </li>
    );
}

export function SeriesCard({ site }: { site: Site }) {
    const open = useSignal<SeriesKind | undefined>(undefined);
    const turn = useSignal(0);
    return (
        <section class="card" aria-labelledby="series-title">
            <header><h2 id="series-title">{t('series.title')}</h2><small>{t('series.why')}</small></header>
            <ul class="series">{seriesKinds.map((kind) => <Row key={kind} site={site} kind={kind} turn={turn.value} onImport={() => (open.value = kind)} />)}</ul>
            {open.value && <ImportDialog site={site} kind={open.value} onClose={(taken) => { open.value = undefined; if (taken) turn.value++; }} />}
        </section>
    );
}
