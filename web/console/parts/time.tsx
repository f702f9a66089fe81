/* Times: local, with their age, and ticking while they are looked at. */
import { signal } from '@preact/signals';
import * as format from '../../shared/format';
import { serverNow } from '../../shared/events';

/* The server's clock as this page knows it; everything that shows an age reads it. */
export const now = signal(Date.now());
setInterval(() => (now.value = serverNow()), 1000);

interface Props {
    at: string | null | undefined;
}

export function Ago({ at }: Props) {
    if (!at) return <span class="muted">–</span>;
    return <time dateTime={at} title={format.dateTime(at)}>{format.ago(at, now.value)}</time>;
}

export function Moment({ at }: Props) {
    if (!at) return <span class="muted">–</span>;
    return <time dateTime={at} title={format.dateTime(at)}>{format.moment(at, now.value)}</time>;
}

/* From a start to an end, or to now. */
export function Lasted({ from, to }: { from: string; to?: string | null }) {
    return <>{format.duration((to ? Date.parse(to) : now.value) - Date.parse(from))}</>;
}
