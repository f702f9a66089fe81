/* Who is logged in, and what that role may do. */
import { signal } from '@preact/signals';
import { loggedOut, request } from '../../shared/api';
import type { Me } from './types.gen';

export const me = signal<Me | undefined>(undefined);

export async function loadMe(): Promise<boolean> {
    try {
        me.value = await request<Me>('GET', '/me');
        return true;
    } catch {
        return false;
    }
}

export function may(right: string): boolean {
    return me.value?.rights.includes(right) ?? false;
}

export async function logOut(): Promise<void> {
    await request('POST', '/logout', {});
    me.value = undefined;
    loggedOut.value = true;
}
