/* The server: version, health, and every setting with where it came from. */
import { useEffect } from 'preact/hooks';
import * as format from '../../../shared/format';
import { useAsk } from '../../parts/ask';
import { Bones, ProblemNote } from '../../parts/note';
import { width } from '../../parts/screen';
import { Shape } from '../../parts/state';
import { type Column, Table } from '../../parts/table';
import { now } from '../../parts/time';
import { load, server } from '../../store/live';
import { may } from '../../store/me';
import type { ConfigValue } from '../../store/types.gen';
import { t, word } from '../../t';

const mib = 1024 * 1024;

/* What is counted has its plural, the rest its sign. */
function amountOf(c: ConfigValue): string {
    if (c.value === null) return t('config.hidden');
    const n = Number(c.value);
    if (c.unit === 'byte') return n % mib === 0 ? `${format.count(n / mib)} MiB` : `${format.count(n)} B`;
    if (c.value === '') return '–';
    return c.unit ? `${format.count(n)} ${word('unit', c.unit, { n })}` : c.value;
}

/* An option that is not known here says what the server says. */
function textOf(c: ConfigValue): string {
    const words = word('option', c.key);
    return words === c.key.replace(/_/g, ' ') ? c.text : words;
}

const columns: readonly Column<ConfigValue>[] = [
    { key: 'key', label: 'config.key', share: 1.4, cell: (c) => <><code>{c.key}</code>{width.value !== 'desktop' && <small class="line">{textOf(c)}</small>}</> },
    { key: 'value', label: 'config.value', cell: (c) => <span class="mono">{amountOf(c)}</span> },
    { key: 'origin', label: 'about.origin', from: 'tablet', share: 0.8, cell: (c) => (c.origin === 'default' ? <span class="muted">{word('origin', c.origin)}</span> : <b>{word('origin', c.origin)}</b>) },
    { key: 'text', label: 'about.text', from: 'desktop', share: 3, cell: textOf },
];

function Configuration() {
    const asked = useAsk<{ items: ConfigValue[] }>('/config');
    const rows = asked.data.value?.items;
    return (
        <section class="card" aria-labelledby="config-title">
            <header><h2 id="config-title">{t('about.config')}</h2><small>{t('about.config_why')}</small></header>
            {asked.problem.value && <div class="pad"><ProblemNote problem={asked.problem.value} again={asked.again} /></div>}
            {rows ? <Table label={t('about.config')} columns={columns} rows={rows} keyOf={(c) => c.key} roomy /> : !asked.problem.value && <Bones lines={10} />}
        </section>
    );
}

export function AboutTab() {
    useEffect(() => void load.server(), []);
    const info = server.value;
    if (!info) return <section class="card"><Bones lines={6} /></section>;
    const { counts, storage, addresses } = info;
    const facts: [string, string][] = [
        [t('about.version'), info.version], [t('about.up'), format.duration(now.value - Date.parse(info.started_at))],
        [t('page.stations'), t('site.online_of', { n: counts.stations_connected, total: counts.stations })],
        [t('about.open_sessions'), format.count(counts.sessions_open)], [t('about.tokens'), format.count(counts.tokens)],
        [t('about.addresses'), [...addresses.wss, ...addresses.ws].join(', ')],
    ];
    return (
        <>
            <section class="card pad stack" aria-labelledby="health-title">
                <h2 id="health-title">{t('about.health')}</h2>
                <p class={`st ${storage.works ? 'available' : 'faulted'}`}><Shape kind={storage.works ? 'available' : 'faulted'} />{storage.works ? t('about.storage_works') : t('about.storage_fails')}</p>
                {storage.why && <p class="faulted">{storage.why}</p>}
                {addresses.hint && <div class="banner"><span>{t('connect.unreachable')}</span></div>}
                <dl class="kv left">{facts.map(([label, value]) => <><dt>{label}</dt><dd>{value}</dd></>)}</dl>
                <p><a href="/api/v1/openapi.json">{t('about.openapi')}</a></p>
            </section>
            {may('server.config') && <Configuration />}
        </>
    );
}
