/* Who the station is, in one line, and the actions that people come for. */
import { useSignal } from '@preact/signals';
import { PageHead } from '../../frame/head';
import * as format from '../../../shared/format';
import { CommandDialog } from '../../parts/command';
import { Menu } from '../../parts/menu';
import { State, stateOf } from '../../parts/state';
import { width } from '../../parts/screen';
import { Ago, now } from '../../parts/time';
import { openSessions, server, siteName } from '../../store/live';
import { may } from '../../store/me';
import type { Station } from '../../store/types.gen';
import { t, word } from '../../t';
import { type Command, commands, commandNamed } from './commands';

function Facts({ station: s }: { station: Station }) {
    const facts = [width.value === 'phone' && s.name && s.id, siteName(s.site), [s.vendor, s.model].filter(Boolean).join(' '), s.firmware && t('station.firmware', { version: s.firmware }),
        word('protocol', s.protocol), word('security', String(s.security_profile))].filter(Boolean);
    return (
        <div class="facts">
            {facts.map((fact) => <span key={String(fact)}>{fact}</span>)}
            {s.demo && !server.value?.demo && <span>{t('station.demo')}</span>}
            {s.connected
                ? <><span>{t('station.seen')} <Ago at={s.last_seen_at} /></span>
                    {s.connected_at && <span>{t('station.online_for', { time: format.duration(now.value - Date.parse(s.connected_at)) })}</span>}</>
                : <span class="faulted">{t('station.offline_since')} <Ago at={s.last_seen_at} /></span>}
        </div>
    );
}

/* Stop stands in front while a car charges, start when none does. */
function shownFirst(station: Station): Command[] {
    const charging = openSessions.all().some((s) => s.station === station.id);
    return [...(charging ? ['remote_stop', 'remote_start'] : ['remote_start']), 'unlock', 'reset'].map(commandNamed);
}

export function StationHead({ station }: { station: Station }) {
    const asked = useSignal<Command | undefined>(undefined);
    const first = shownFirst(station);
    const rest = commands.filter((c) => !first.includes(c) && c.name !== 'remote_stop' && may(c.right ?? 'station.command'));
    const offline = station.connected ? undefined : t('station.not_connected');
    const mayCommand = may('station.command');
    return (
        <>
            <PageHead title={station.name || station.id} up={{ href: '/stations', label: t('page.stations') }}
                      beside={<>{station.name && width.value !== 'phone' && <code class="muted">{station.id}</code>}<State state={stateOf(station)} /></>} />
            <div class="spread">
                <Facts station={station} />
                {mayCommand && (
                    <div class="acts">
                        {first.map((c) => <button type="button" key={c.name} disabled={!!offline} title={offline} onClick={() => (asked.value = c)}>{t(c.label)}</button>)}
                        <Menu label={t('frame.more')} choices={rest.map((c) => ({ label: t(c.label), disabled: offline, run: () => (asked.value = c) }))} />
                    </div>
                )}
            </div>
            {asked.value && <CommandDialog command={asked.value} station={station} onClose={() => (asked.value = undefined)} />}
        </>
    );
}
