/* Whose token it is, where somebody gave it a name: asked for once, with the way to its page. */
import { type Signal, signal } from '@preact/signals';
import { type Page, request, withQuery } from '../../shared/api';
import { may } from '../store/me';
import type { Token } from '../store/types.gen';
import { t } from '../t';

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const names = new Map<string, Signal<string>>();

function nameOf(id: string): Signal<string> {
    let name = names.get(id);
    if (!name) {
        const asked = (name = signal(''));
        names.set(id, asked);
        if (may('token.read')) request<Page<Token>>('GET', withQuery('/tokens', { q: id, limit: 5 })).then((page) => (asked.value = page.items.find((k) => same(k.id, id))?.name ?? ''), () => undefined); // nobody's: its id says it
    }
    return name;
}

export function TokenName({ id }: { id: string | null }) {
    if (!id) return <>{t('token.none')}</>;
    const name = nameOf(id).value;
    return name ? <><a href={`/access?q=${encodeURIComponent(id)}`}>{name}</a> <small class="mono">{id}</small></> : <span class="mono">{id}</span>;
}
