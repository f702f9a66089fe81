/* What a new server still wants: a few steps, ticked off by themselves, until all are done or somebody has seen enough. */
import { signal } from '@preact/signals';
import { Shape } from '../../parts/state';
import { server, sites, stations } from '../../store/live';
import { may, me } from '../../store/me';
import { powerRead, sitePower } from '../../store/now';
import { type Key, t } from '../../t';

const stored = 'voltd.next';
const seen = signal(localStorage.getItem(stored) === 'seen');

interface Step {
    label: Key;
    why: Key;
    done: boolean;
    href: string;
}

function steps(): Step[] {
    const unshared = sites.all().find((s) => !sitePower.value.has(s.id));
    return [
        { label: 'next.station', why: 'next.station_why', done: stations.all().length > 0, href: '/stations?connect=1' },
        { label: 'next.token', why: 'next.token_why', done: (server.value?.counts.tokens ?? 0) > 0, href: '/access' },
        { label: 'next.site', why: 'next.site_why', done: sites.all().length > 0, href: '/sites' },
        { label: 'next.power', why: 'next.power_why', done: sitePower.value.size > 0, href: unshared ? `/sites/${unshared.id}` : '/sites' },
        { label: 'next.password', why: 'next.password_why', done: !!me.value?.has_password, href: '/settings' },
    ];
}

export function NextSteps() {
    if (seen.value || !server.value || server.value.demo || !powerRead.value || sites.state.value !== 'ready' || !may('site.write')) return null;
    const all = steps();
    if (all.every((s) => s.done)) return null;
    const first = all.findIndex((s) => !s.done);
    const enough = () => { localStorage.setItem(stored, 'seen'); seen.value = true; };
    return (
        <section class="card" aria-labelledby="next-title">
            <header><h2 id="next-title">{t('next.title')}</h2><button type="button" class="plain" onClick={enough}>{t('next.enough')}</button></header>
            <ol class="next">
                {all.map((s, i) => (
                    <li key={s.label} class={s.done ? 'done' : ''}>
                        {s.done ? <Shape kind="available" /> : <span class="dot" />}
                        <div><b>{t(s.label)}</b>{s.done ? <span class="sr">{t('done')}</span> : <div class="why">{t(s.why)}</div>}</div>
                        {!s.done && <a class={`button${i === first ? ' primary' : ''}`} href={s.href} aria-label={`${t('next.go')}: ${t(s.label)}`}>{t('next.go')}</a>}
                    </li>
                ))}
            </ol>
        </section>
    );
}
