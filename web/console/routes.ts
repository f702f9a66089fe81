/* The pages: where each is, what it is called, and the file that holds it (fetched when first visited). */
import type { ComponentType } from 'preact';
import type { IconName } from './parts/icon';
import { type Key, loadSiteWords } from './t';

export type Params = Record<string, string>;
export type PageModule = { default: ComponentType<{ params: Params }> };

export interface Route {
    pattern: string;
    title: Key;
    load: () => Promise<PageModule>;
}

async function withSiteWords(page: Promise<PageModule>): Promise<PageModule> {
    const [found] = await Promise.all([page, loadSiteWords()]);
    return found;
}

export const routes: readonly Route[] = [
    { pattern: '/', title: 'page.now', load: () => import('./pages/now/page') },
    { pattern: '/stations', title: 'page.stations', load: () => import('./pages/stations/page') },
    { pattern: '/stations/:id/:tab?', title: 'page.stations', load: () => withSiteWords(import('./pages/station/page')) },
    { pattern: '/sessions', title: 'page.sessions', load: () => import('./pages/sessions/page') },
    { pattern: '/sessions/:id', title: 'page.sessions', load: () => withSiteWords(import('./pages/session/page')) },
    { pattern: '/access', title: 'page.access', load: () => import('./pages/access/page') },
    { pattern: '/sites', title: 'page.sites', load: () => import('./pages/sites/page') },
    { pattern: '/sites/:id/:tab?', title: 'page.sites', load: () => withSiteWords(import('./pages/site/page')) },
    { pattern: '/reports', title: 'page.reports', load: () => import('./pages/reports/page') },
    { pattern: '/settings/:tab?', title: 'page.settings', load: () => withSiteWords(import('./pages/settings/page')) },
];

export interface NavItem {
    href: string;
    label: Key;
    icon: IconName;
}

export const navigation: readonly NavItem[] = [
    { href: '/', label: 'page.now', icon: 'now' },
    { href: '/stations', label: 'page.stations', icon: 'stations' },
    { href: '/sessions', label: 'page.sessions', icon: 'sessions' },
    { href: '/access', label: 'page.access', icon: 'access' },
    { href: '/sites', label: 'page.sites', icon: 'sites' },
    { href: '/reports', label: 'page.reports', icon: 'reports' },
    { href: '/settings', label: 'page.settings', icon: 'settings' },
];
