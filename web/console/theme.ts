/* Light, dark, or as the system says. theme-early.ts puts a chosen one in force before the first paint. */
import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const stored = 'voltd.theme';

function read(): Theme {
    const chosen = localStorage.getItem(stored);
    return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export const theme = signal<Theme>(read());

export function chooseTheme(to: Theme): void {
    if (to === 'system') {
        localStorage.removeItem(stored);
        delete document.documentElement.dataset.theme;
    } else {
        localStorage.setItem(stored, to);
        document.documentElement.dataset.theme = to;
    }
    theme.value = to;
}

export const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
