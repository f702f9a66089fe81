/* A CSV file: first a dry run, which changes nothing and says what would happen; then all of it, or nothing. */
import { useSignal } from '@preact/signals';
import { download, textOf, writeCsv } from '../../shared/csv';
import { request } from '../../shared/api';
import type { ImportResult } from '../store/types.gen';
import { t } from '../t';
import { useDeed } from './ask';
import { Dialog } from './dialog';
import { ProblemNote } from './note';
import { type Column, Table } from './table';

type Fault = ImportResult['errors'][number];

const faults: readonly Column<Fault>[] = [
    { key: 'line', label: 'import.line', num: true, cell: (f) => f.line },
    { key: 'field', label: 'import.column', cell: (f) => <span class="mono">{f.field ?? '–'}</span> },
    { key: 'detail', label: 'import.wrong', cell: (f) => f.detail },
];

interface Props {
    title: string;
    columns: string;
    example: string;
    path: string;
    onDone: () => void;
    onClose: () => void;
}

function Passwords({ made }: { made: Record<string, string> }) {
    const all = Object.entries(made);
    if (all.length === 0) return null;
    return (
        <div class="banner">
            <span>{t('import.passwords', { n: all.length })}</span>
            <button type="button" onClick={() => download('passwords.csv', 'text/csv', writeCsv(['id', 'password'], all))}>{t('import.save_passwords')}</button>
        </div>
    );
}

function Outcome({ result, title }: { result: ImportResult; title: string }) {
    const { created, updated, unchanged, errors } = result;
    return (
        <div class="stack" role="status">
            <p>{t(result.dry_run ? 'import.dry' : 'import.finished', { created, updated, unchanged })}</p>
            {errors.length > 0 && <><p class="faulted">{t('import.errors', { n: errors.length })}</p>
                <div class="card"><Table label={title} columns={faults} rows={errors} keyOf={(f) => `${f.line} ${f.field}`} /></div></>}
            <Passwords made={result.passwords ?? {}} />
        </div>
    );
}

export function Import(props: Props) {
    const text = useSignal('');
    const result = useSignal<ImportResult | undefined>(undefined);
    const send = useDeed(async (dry: boolean) => {
        result.value = await request<ImportResult>('POST', `${props.path}${dry ? '?dry_run=true' : ''}`, text.peek(), { type: 'text/csv' });
        if (!dry) props.onDone();
    });
    const look = async (file: File | undefined) => {
        if (!file) return;
        result.value = undefined;
        text.value = await textOf(file);
        await send.run(true);
    };
    const good = result.value?.dry_run && result.value.errors.length === 0 ? result.value.created + result.value.updated : 0;
    return (
        <Dialog title={props.title} wide calm onClose={props.onClose}>
            <p>{t('import.how', { columns: props.columns })}</p>
            <pre class="json" tabIndex={0} role="region" aria-label={t('import.example')}>{props.example}</pre>
            <label class="field"><span class="label">{t('import.file')}</span>
                <input type="file" accept=".csv,text/csv" onChange={(e) => void look(e.currentTarget.files?.[0])} /></label>
            {result.value && <Outcome result={result.value} title={props.title} />}
            {send.problem.value && <ProblemNote problem={send.problem.value} />}
            <div class="row end">
                <button type="button" onClick={props.onClose}>{t('close')}</button>
                <button type="button" class="primary" disabled={good === 0 || send.busy.value} onClick={() => void send.run(false)}>
                    {send.busy.value ? t('working') : t('import.take', { n: good })}</button>
            </div>
        </Dialog>
    );
}
