/* Tokens to choose from where one is asked for. They are not live: the list is read when it is first wanted. */
import { signal } from '@preact/signals';
import { type Page, request } from '../../shared/api';
import type { Option } from '../parts/form';
import type { Token } from './types.gen';

const known = signal<Token[] | undefined>(undefined);
const offeredMax = 200;
let asked = false;

export function tokenSuggestions(): Option[] {
    if (!asked) {
        asked = true;
        request<Page<Token>>('GET', `/tokens?status=accepted&limit=${offeredMax}`).then((page) => (known.value = page.items), () => (asked = false));
    }
    return (known.value ?? []).map((k) => ({ value: k.id, label: k.name }));
}
