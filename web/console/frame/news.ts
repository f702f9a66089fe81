/* Says at once, on whatever page, that an unknown station knocks: the moment somebody waits for. */
import { effect } from '@preact/signals';
import { toast } from '../parts/toast';
import { inbox } from '../store/live';
import { t } from '../t';

export function announceInbox(): () => void {
    let known: Set<string> | undefined;
    return effect(() => {
        const items = inbox.all();
        if (inbox.state.value !== 'ready') return;
        for (const item of items)
            if (known && !known.has(item.identity))
                toast(t('inbox.knocks', { id: item.identity }), '', { label: t('inbox.look'), href: '/stations?connect=1' });
        known = new Set(items.map((i) => i.identity));
    });
}
