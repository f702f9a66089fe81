/* A button that opens a short list of others; arrows move in it, Escape closes it. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export interface Choice {
    label: string;
    run: () => void;
    disabled?: string;
    danger?: boolean;
}

/* It hangs on the side of its button on which the window has room for it. */
function keepInside(list: HTMLElement): void {
    const { left, right } = list.getBoundingClientRect();
    if (right > document.documentElement.clientWidth) Object.assign(list.style, { left: 'auto', right: '0' });
    else if (left < 0) Object.assign(list.style, { left: '0', right: 'auto' });
}

/* `name` says it to who hears it, where the label is a sign. */
export function Menu({ label, name, choices }: { label: string; name?: string; choices: Choice[] }) {
    const open = useSignal(false);
    const ref = useRef<HTMLDivElement>(null);
    useEffect(() => {
        if (!open.value) return;
        const list = ref.current?.querySelector<HTMLElement>('[role="menu"]');
        if (list) keepInside(list);
        list?.querySelector<HTMLButtonElement>('[role="menuitem"]')?.focus();
        const away = (event: Event) => {
            if (!ref.current?.contains(event.target as Node)) open.value = false;
        };
        addEventListener('pointerdown', away);
        return () => removeEventListener('pointerdown', away);
    }, [open.value]);
    const keys = (event: KeyboardEvent) => {
        if (event.key === 'Escape') {
            open.value = false;
            ref.current?.querySelector('button')?.focus();
        }
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!step || !open.value) return;
        event.preventDefault();
        const items = [...(ref.current?.querySelectorAll<HTMLButtonElement>('[role="menuitem"]') ?? [])];
        const at = items.indexOf(document.activeElement as HTMLButtonElement);
        items[(at + step + items.length) % items.length]?.focus();
    };
    return (
        <div class="menu" ref={ref} onKeyDown={keys}>
            <button type="button" aria-haspopup="menu" aria-expanded={open.value} aria-label={name} onClick={() => (open.value = !open.value)}>{label}</button>
            {open.value && (
                <div role="menu" aria-label={name ?? label}>
                    {choices.map((c) => (
                        <button type="button" role="menuitem" key={c.label} aria-disabled={!!c.disabled} title={c.disabled}
                                class={c.danger ? 'faulted' : ''} disabled={!!c.disabled}
                                onClick={() => { open.value = false; c.run(); }}>{c.label}</button>
                    ))}
                </div>
            )}
        </div>
    );
}
