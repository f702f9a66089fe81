/* Copies a text; says so for a moment. Without a clipboard (plain HTTP) the text is selected instead. */
import { useSignal } from '@preact/signals';
import { t } from '../t';

function copyOld(text: string): boolean {
    const area = document.createElement('textarea');
    area.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
}

export async function copyText(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copyOld(text);
    }
}

export function Copy({ text, label }: { text: string; label?: string }) {
    const done = useSignal(false);
    const copy = async () => {
        done.value = await copyText(text);
        setTimeout(() => (done.value = false), 1500);
    };
    return <button type="button" onClick={copy}>{done.value ? t('copied') : label ?? t('copy')}</button>;
}

export function Secret({ value }: { value: string }) {
    return <div class="secret"><code>{value}</code><Copy text={value} /></div>;
}
