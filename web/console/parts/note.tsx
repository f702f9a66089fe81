/* What a page says when there is nothing, not yet anything, or no answer. */
import type { ComponentChildren } from 'preact';
import type { Problem } from '../../shared/api';
import { problemText } from './said';
import { Shape } from './state';
import { t } from '../t';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
    return <div class="empty"><b>{title}</b>{children}</div>;
}

export function ProblemNote({ problem, again }: { problem: Problem; again?: () => void }) {
    return (
        <div class="note bad" role="alert">
            <Shape kind="faulted" />
            <span>{problemText(problem)}</span>
            {again && <button type="button" onClick={again}>{t('again')}</button>}
        </div>
    );
}

/* Lines of the height that the content will have, so that nothing jumps when it comes. */
export function Bones({ lines = 4 }: { lines?: number }) {
    return (
        <div class="pad stack" aria-busy="true" aria-label={t('loading')} role="status">
            {Array.from({ length: lines }, (_, i) => <span class="bone" key={i} style={{ width: `${75 - (i % 4) * 12}%` }} />)}
        </div>
    );
}
