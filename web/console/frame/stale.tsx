/* The server is gone: what is on the page stays, says how old it is, and goes on by itself. */
import { feed } from '../../shared/events';
import * as format from '../../shared/format';
import { now } from '../parts/time';
import { t } from '../t';

const shownAfterMs = 3000; // a restart is shorter

export function isStale(): boolean {
    const { state, since } = feed.value;
    return state === 'lost' && Math.max(now.value, Date.now()) - since > shownAfterMs;
}

export function StaleBanner() {
    if (!isStale()) return null;
    return <div class="banner bad" role="alert"><b>{t('stale.title')}</b><span>{t('stale.why', { at: format.clock(new Date(feed.value.since).toISOString()) })}</span></div>;
}
