/* The console's words. English is built in, but for the words of a station, a session, a site and the settings, which come with these pages;
 * another language comes as a file of its own, before the first page. */
import { type Args, text, useStrings } from '../shared/i18n';
import { useLanguage } from '../shared/format';
import en from './lang/en.json';
import type site from './lang/en.site.json';

export type Key = keyof typeof en | keyof typeof site;
export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

const stored = 'voltd.language';

export function t(key: Key, args?: Args): string {
    return text(key, args);
}

/* A word that depends on a value of the API: "flag" + "gap" is the key "flag.gap". What has no words of its own is
 * shown as it came, so that a newer server is not hidden. */
export function word(group: string, value: string | null | undefined, args?: Args): string {
    if (!value) return '';
    const key = `${group}.${value}`;
    const found = text(key, args);
    return found === key ? value.replace(/_/g, ' ') : found;
}

export function language(): Language {
    const chosen = localStorage.getItem(stored) ?? navigator.language.slice(0, 2);
    return chosen in languages ? (chosen as Language) : 'en';
}

export function chooseLanguage(to: Language): void {
    localStorage.setItem(stored, to);
    location.reload();
}

export async function loadWords(): Promise<void> {
    const chosen = language();
    useStrings('en', en);
    if (chosen === 'de') useStrings('de', (await import('./lang/de.json')).default);
    useLanguage(navigator.language.startsWith(chosen) ? navigator.language : chosen);
}

export async function loadSiteWords(): Promise<void> {
    if (language() === 'en') useStrings('en', (await import('./lang/en.site.json')).default);
}
