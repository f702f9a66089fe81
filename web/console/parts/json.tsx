/* JSON to read: indented, with keys, words and values told apart. */
import type { JSX } from 'preact';

const piece = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function colour(text: string): (JSX.Element | string)[] {
    const parts: (JSX.Element | string)[] = [];
    let from = 0;
    for (const found of text.matchAll(piece)) {
        parts.push(text.slice(from, found.index));
        const kind = found[2] ? 'k' : found[1] ? 's' : 'v';
        parts.push(<span class={kind}>{found[1] ?? found[0]}</span>, found[2] ?? '');
        from = found.index + found[0].length;
    }
    parts.push(text.slice(from));
    return parts;
}

export function Json({ value, label }: { value: unknown; label: string }) {
    return <pre class="json" tabIndex={0} aria-label={label} role="region">{colour(JSON.stringify(value, null, 2) ?? '')}</pre>;
}
