/* Connect a charger: the address to type into it, then the wait until it knocks, then one click. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { AdoptAll, AdoptButton } from '../../parts/adopt';
import { Copy } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Qr } from '../../parts/qr';
import { Bones } from '../../parts/note';
import { Shape } from '../../parts/state';
import { Ago } from '../../parts/time';
import { inbox, load, server, sites, stations } from '../../store/live';
import { t } from '../../t';

/* The whole address, with the identity that the station will have if one is typed. */
function Addresses() {
    const info = server.value;
    const identity = useSignal('');
    useEffect(() => void load.server(), []);
    if (!info) return <Bones lines={3} />;
    const { ws, wss, reachable } = info.addresses;
    const all = [...wss, ...ws].map((url) => url + (identity.value.trim() || 'IDENTITY'));
    return (
        <>
            {!reachable && <div class="banner bad"><span>{t('connect.unreachable')}</span></div>}
            <div class="address">
                {all[0] && <Qr text={all[0]} label={t('connect.qr', { url: all[0] })} />}
                <div class="stack" style={{ gap: '6px', flex: '1 1 260px' }}>
                    <label class="field"><span class="label">{t('connect.identity')}</span>
                        <input type="text" class="mono" placeholder="CP-0001" value={identity.value} maxLength={48} autocomplete="off"
                               onInput={(e) => (identity.value = e.currentTarget.value)} /></label>
                    {all.map((url) => <div class="secret" key={url}><code>{url}</code><Copy text={url} /></div>)}
                </div>
            </div>
        </>
    );
}

/* Those that came online after this dialog was opened: the proof that it worked. */
function useArrived(): string[] {
    const online = stations.all().filter((s) => s.connected).map((s) => s.id);
    const before = useRef<Set<string>>();
    if (stations.state.value === 'ready') before.current ??= new Set(online);
    return online.filter((id) => before.current && !before.current.has(id));
}

function Knocking({ adopted, site }: { adopted: (id: string) => void; site?: string }) {
    const items = inbox.all().sort((a, b) => a.identity.localeCompare(b.identity, undefined, { numeric: true })); // no row moves under the hand
    if (items.length === 0) return <p class="st offline"><span class="wait"><Shape kind="offline" /></span>{t('connect.waiting')}</p>;
    return (
        <ul class="stack" style={{ gap: '8px' }}>
            {items.length > 1 && <li class="spread"><span class="muted">{t('inbox.all_why')}</span><AdoptAll items={items} site={site} onDone={adopted} /></li>}
            {items.map((i) => (
                <li class="spread card pad" key={i.identity}>
                    <div><b class="mono">{i.identity}</b><div class="facts"><span>{t('inbox.attempts', { n: i.attempts })}</span><span>{i.peer}</span>
                        <span><Ago at={i.last_at} /></span><span>{i.has_password ? t('inbox.with_password') : t('inbox.no_password')}</span></div></div>
                    <AdoptButton item={i} site={site} onDone={() => adopted(i.identity)} />
                </li>
            ))}
        </ul>
    );
}

export function ConnectSteps() {
    const adopted = useSignal<string[]>([]);
    const site = useSignal('');
    const known = useArrived();
    const arrived = [...new Set([...known, ...adopted.value.filter((id) => stations.get(id)?.value.connected)])];
    return (
        <ol class="steps">
            <li><b>1</b><div class="stack" style={{ gap: '8px' }}><h2>{t('connect.step1')}</h2><p class="muted">{t('connect.step1_why')}</p><Addresses /></div></li>
            <li class={adopted.value.length ? 'done' : ''}><b>2</b>
                <div class="stack" style={{ gap: '8px' }}><h2>{t('connect.step2')}</h2><p class="muted">{t('connect.step2_why')}</p>
                    {sites.all().length > 0 && (
                        <label class="row muted">{t('connect.site')}
                            <select style={{ width: 'auto' }} value={site.value} onChange={(e) => (site.value = e.currentTarget.value)}>
                                <option value="">{t('site.none')}</option>
                                {sites.all().map((s) => <option key={s.id} value={s.id}>{s.name}</option>)}
                            </select>
                        </label>
                    )}
                    <Knocking site={site.value || undefined} adopted={(id) => (adopted.value = [...adopted.value, id])} /></div></li>
            <li class={arrived.length ? 'done' : ''}><b>{arrived.length ? '✓' : '3'}</b>
                <div class="stack" style={{ gap: '8px' }} role="status"><h2>{arrived.length ? t('connect.done') : t('connect.step3')}</h2>
                    {arrived.length > 0
                        ? <div class="row">{arrived.map((id) => <a class="button" key={id} href={`/stations/${encodeURIComponent(id)}`}>{id}</a>)}</div>
                        : <p class="muted">{adopted.value.length ? t('connect.soon') : t('connect.step3_why')}</p>}</div></li>
        </ol>
    );
}

export function ConnectDialog({ onClose }: { onClose: () => void }) {
    return (
        <Dialog title={t('connect.title')} wide calm onClose={onClose}>
            <ConnectSteps />
            <div class="row end"><button type="button" onClick={onClose}>{t('close')}</button></div>
        </Dialog>
    );
}
