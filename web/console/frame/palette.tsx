/* ⌘K: everything that has a name, a keystroke away: pages, stations, tokens, open sessions. */
import { signal, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { request, withQuery, type Page } from '../../shared/api';
import { go } from '../../shared/router';
import { Dialog } from '../parts/dialog';
import { State, stateOf } from '../parts/state';
import { type NavItem, navigation } from '../routes';
import { openSessions, siteName, sites, stations } from '../store/live';
import type { Token } from '../store/types.gen';
import { t } from '../t';

export const paletteOpen = signal(false);

interface Hit {
    key: string;
    label: string;
    note: string;
    href: string;
    state?: string;
}

const hitsMax = 8;

function has(query: string, ...words: (string | null | undefined)[]): boolean {
    const all = words.join(' ').toLowerCase();
    return query.toLowerCase().split(/\s+/).every((part) => all.includes(part));
}

function stationHits(query: string): Hit[] {
    return stations.all()
        .filter((s) => has(query, s.id, s.name, s.serial, siteName(s.site), ...s.evses.flatMap((e) => e.connectors.map((c) => c.printed_id))))
        .slice(0, hitsMax)
        .map((s) => ({ key: `s${s.id}`, label: s.name ? `${s.name} · ${s.id}` : s.id, note: siteName(s.site), href: `/stations/${encodeURIComponent(s.id)}`, state: stateOf(s) }));
}

function sessionHits(query: string): Hit[] {
    return openSessions.all()
        .filter((s) => has(query, s.id, s.token, s.transaction_id))
        .slice(0, hitsMax)
        .map((s) => ({ key: `x${s.id}`, label: `${s.station} · ${s.evse}`, note: `${t('page.session')} ${s.token ?? ''}`, href: `/sessions/${s.id}` }));
}

function siteHits(query: string): Hit[] {
    return sites.all().filter((s) => has(query, s.name, s.address)).slice(0, hitsMax)
        .map((s) => ({ key: `p${s.id}`, label: s.name, note: t('col.site'), href: `/sites/${s.id}` }));
}

function pageHits(query: string): Hit[] {
    const deeds: NavItem[] = query ? [{ href: '/stations?connect=1', label: 'connect.title', icon: 'stations' }] : [];
    return [...navigation, ...deeds].filter((p) => has(query, t(p.label)))
        .map((p) => ({ key: p.href, label: t(p.label), note: t('find.page'), href: p.href }));
}

/* Tokens are not live here; they are asked for once the typing pauses. */
function useTokens(query: string): Hit[] {
    const found = useSignal<Token[]>([]);
    useEffect(() => {
        if (query.length < 2) { found.value = []; return; }
        const timer = setTimeout(() => {
            request<Page<Token>>('GET', withQuery('/tokens', { q: query, limit: 5 }))
                .then((page) => (found.value = page.items), () => undefined);
        }, 150);
        return () => clearTimeout(timer);
    }, [query]);
    return found.value.map((k) => ({ key: `k${k.id}`, label: k.name ? `${k.name} · ${k.id}` : k.id, note: t('find.token'), href: `/access?q=${encodeURIComponent(k.id)}` }));
}

function Finder({ onClose }: { onClose: () => void }) {
    const typed = useSignal('');
    const at = useSignal(0);
    const tokens = useTokens(typed.value.trim());
    const query = typed.value.trim();
    const version = stations.changed.value + openSessions.changed.value + sites.changed.value;
    const hits = useMemo(() => [...pageHits(query), ...stationHits(query), ...(query ? [...siteHits(query), ...sessionHits(query)] : []), ...tokens].slice(0, 20),
        [query, version, tokens.length]);
    const open = (hit: Hit | undefined) => {
        if (!hit) return;
        onClose();
        go(hit.href);
    };
    const keys = (event: KeyboardEvent) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) {
            event.preventDefault();
            at.value = (at.value + step + hits.length) % Math.max(1, hits.length);
            document.getElementById(`hit-${at.value}`)?.scrollIntoView({ block: 'nearest' });
        } else if (event.key === 'Enter') open(hits[at.value]);
    };
    return (
        <>
            <input type="text" role="combobox" aria-expanded="true" aria-controls="hits" aria-label={t('find.label')} autofocus autocomplete="off"
                   aria-activedescendant={hits.length ? `hit-${at.value}` : undefined} placeholder={t('find.label')} value={typed.value} onKeyDown={keys}
                   onInput={(e) => { typed.value = e.currentTarget.value; at.value = 0; }} />
            <ul id="hits" role="listbox" aria-label={t('find.results')}>
                {hits.map((hit, i) => (
                    <li key={hit.key} id={`hit-${i}`} role="option" aria-selected={i === at.value} onClick={() => open(hit)} onMouseMove={() => (at.value = i)}>
                        <span>{hit.label}</span>{hit.state && <State state={hit.state} />}<small>{hit.note}</small>
                    </li>
                ))}
            </ul>
            {hits.length === 0 && <p class="pad">{t('find.none', { query })}</p>}
            <div class="hint muted"><span><kbd>↑</kbd> <kbd>↓</kbd> {t('find.move')}</span><span><kbd>↵</kbd> {t('find.open')}</span><span><kbd>Esc</kbd> {t('close')}</span></div>
        </>
    );
}

export function Palette() {
    useEffect(() => {
        const keys = (event: KeyboardEvent) => {
            const typing = (event.target as Element).matches('input, textarea, select');
            if ((event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) || (event.key === '/' && !typing)) {
                event.preventDefault();
                paletteOpen.value = true;
            }
        };
        addEventListener('keydown', keys);
        return () => removeEventListener('keydown', keys);
    }, []);
    if (!paletteOpen.value) return null;
    const close = () => (paletteOpen.value = false);
    return <Dialog title={t('find.label')} className="palette" bare onClose={close}><Finder onClose={close} /></Dialog>;
}
