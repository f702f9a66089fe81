/* The line above every page: its name, how live it is, the search, and what can be done here. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { feed, lagMs } from '../../shared/events';
import * as format from '../../shared/format';
import { Icon } from '../parts/icon';
import { Shape } from '../parts/state';
import { width } from '../parts/screen';
import { now } from '../parts/time';
import { t } from '../t';
import { paletteOpen } from './palette';

export function FeedBadge() {
    const { state, since } = feed.value;
    if (state === 'lost')
        return <span class="feed lost" role="status"><Shape kind="faulted" />{t('feed.lost', { ago: format.duration(Math.max(now.value, Date.now()) - since) })}</span>;
    if (state === 'connecting') return <span class="feed connecting">{t('feed.connecting')}</span>;
    return <span class="feed"><Shape kind="available" />{lagMs.value === undefined || width.value === 'phone' ? t('feed.live') : t('feed.live_ms', { ms: lagMs.value })}</span>;
}

interface Props {
    title: string;
    /* The way back. */
    up?: { href: string; label: string };
    beside?: ComponentChildren;
    children?: ComponentChildren;
}

export function PageHead({ title, up, beside, children }: Props) {
    useEffect(() => {
        document.title = `${title} · voltd`;
    }, [title]);
    return (
        <header class="head">
            {up && <a href={up.href} class="crumb" aria-label={up.label}>{width.value === 'phone' ? '‹' : `${up.label} /`}</a>}
            <h1>{title}</h1>
            {beside}
            <FeedBadge />
            <button type="button" class="find" onClick={() => (paletteOpen.value = true)} aria-keyshortcuts="Control+K Meta+K">
                <Icon name="find" /><span>{t('find.label')}</span><kbd aria-hidden="true">{navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl K'}</kbd>
            </button>
            {children && <div class="tools">{children}</div>}
        </header>
    );
}
