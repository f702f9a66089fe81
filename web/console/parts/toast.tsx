/* Short news at the edge: what just happened elsewhere, with one thing to do about it. */
import { signal } from '@preact/signals';
import { go } from '../../shared/router';

interface Toast {
    id: number;
    text: string;
    tone: '' | 'good' | 'bad';
    action?: { label: string; href: string };
}

const showMs = 8000;
const list = signal<Toast[]>([]);
let last = 0;

function drop(id: number): void {
    list.value = list.value.filter((x) => x.id !== id);
}

export function toast(text: string, tone: Toast['tone'] = '', action?: Toast['action']): void {
    const id = ++last;
    list.value = [...list.value.slice(-2), { id, text, tone, action }];
    setTimeout(() => drop(id), showMs);
}

export function Toasts() {
    return (
        <div class="toasts" role="status" aria-live="polite">
            {list.value.map((x) => (
                <div class={`toast ${x.tone}`} key={x.id}>
                    <span>{x.text}</span>
                    {x.action && (
                        <button type="button" onClick={() => { go(x.action!.href); drop(x.id); }}>{x.action.label}</button>
                    )}
                </div>
            ))}
        </div>
    );
}
