/* A site that shares nothing yet: three numbers and what matters there, and it does. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import * as format from '../../../shared/format';
import { PickStations, homeless } from '../../parts/pick-stations';
import { Shape } from '../../parts/state';
import { stations } from '../../store/live';
import type { Site, Station } from '../../store/types.gen';
import { type Key, t } from '../../t';
import { clean } from './fields';
import { type Aims, type Mode, Goal, usualNight, usualReady } from './goal';
import { type Whole, begin } from './model';

const leastA = 6;      // IEC 61851-1: with less no car charges
const voltsUsual = 230; // the tree's form then has the voltage to be put right

const goals: readonly Mode[] = ['equal', 'need', 'cheapest']; // the others want a meter or a forecast first

function Amperes({ label, hint, value }: { label: Key; hint: Key; value: Signal<string> }) {
    const id = useId();
    return (
        <div class="field">
            <label for={id}>{t(label)}</label>
            <span class="amount"><input id={id} type="text" inputMode="decimal" aria-describedby={`${id}-hint`} value={value.value} onInput={(e) => (value.value = e.currentTarget.value)} /><i>A</i></span>
            <span class="hint" id={`${id}-hint`}>{t(hint)}</span>
        </div>
    );
}

const read = (of: Signal<string>) => Number(of.value.replace(',', '.'));

function plugsOf(all: readonly Station[]): number {
    return all.reduce((n, s) => n + Math.max(1, s.evses.filter((e) => e.id > 0).length), 0);
}

/* What that comes to, for who thinks in cars and kilowatts. */
function Means({ free, breaker, plugs }: { free: number; breaker: number; plugs: number }) {
    const amount = (a: number) => `${format.join([format.decimal(a, a % 1 ? 1 : 0), 'A'])} (${format.join(format.power(3 * voltsUsual * a))})`;
    const each = Math.min(breaker, Math.floor((free / plugs) * 10) / 10);
    const together = each < leastA ? t('power.begin_turns', { n: plugs, cars: Math.floor(free / leastA) }) : t('power.begin_each', { n: plugs, each: amount(each) });
    return <p role="status">{t('power.begin_alone', { most: amount(Math.min(breaker, free)) })} {plugs > 1 && together}</p>;
}

export function Begin({ site, onBegin }: { site: Site; onBegin: (doc: Whole) => void }) {
    const limit = useSignal('63');
    const breaker = useSignal('32');
    const load = useSignal('0');
    const aims = useSignal<Aims>({ mode: 'equal' });
    /* What was chosen begins with what is usual, to be put right. */
    const aim = (to: Aims) => {
        const fresh = to.mode !== aims.peek().mode;
        const timed = to.mode === 'equal' ? { defaults: undefined } : fresh && !to.defaults ? { defaults: { departs_at: usualReady } } : {};
        const priced = to.mode !== 'cheapest' ? { prices: undefined } : fresh && !to.prices ? { prices: usualNight } : {};
        aims.value = { ...to, ...timed, ...priced };
    };
    const here = stations.all().filter((s) => s.site === site.id).sort((a, b) => (a.name || a.id).localeCompare(b.name || b.id, undefined, { numeric: true }));
    const free = homeless();
    const picked = useSignal<ReadonlySet<string>>(new Set());
    const ready = stations.state.value === 'ready';
    useEffect(() => { // who begins with none means all that stand nowhere
        if (ready && here.length === 0) picked.value = new Set(free.map((s) => s.id));
    }, [ready]);
    const all = [...here, ...free.filter((s) => picked.value.has(s.id))];
    const left = read(limit) - read(load);
    const good = read(limit) > 0 && read(breaker) > 0 && read(load) >= 0 && left > 0;
    const start = (event: Event) => {
        event.preventDefault();
        if (!good) return;
        const shared = begin({ limitA: read(limit), breakerA: read(breaker), loadA: read(load) }, t('power.grid_name'), all);
        onBegin(clean({ ...shared, ...aims.value }) as unknown as Whole);
    };
    return (
        <section class="card pad stack" aria-labelledby="begin-title">
            <h2 id="begin-title">{t('power.begin')}</h2>
            <p>{t('power.none_why')}</p>
            <form class="form begin" onSubmit={start}>
                <div class="three">
                    <Amperes label={'power.begin_limit'} hint={'power.begin_limit_hint'} value={limit} />
                    <Amperes label={'power.begin_load'} hint={'power.begin_load_hint'} value={load} />
                    <Amperes label={'power.begin_breaker'} hint={'power.begin_breaker_hint'} value={breaker} />
                </div>
                <fieldset class="field whole"><legend class="label">{t('power.begin_goal')}</legend><Goal of={aims.value} choices={goals} priceless={false} set={aim} /></fieldset>
                {here.length > 0 && <p>{t('power.begin_here', { n: here.length, names: here.slice(0, 6).map((s) => s.name || s.id).join(', ') + (here.length > 6 ? ' …' : '') })}</p>}
                {free.length > 0 && <PickStations label={t(here.length ? 'power.begin_more' : 'site.which_stations')} from={free} chosen={picked} />}
                {all.length === 0 && <p class="note"><Shape kind="preparing" /><span>{t('power.begin_empty')} <a href="/stations?connect=1">{t('connect.title')}</a></span></p>}
                {good && all.length > 0 && <Means free={left} breaker={read(breaker)} plugs={plugsOf(all)} />}
                <div class="row"><button type="submit" class="primary" disabled={!good}>{t('power.begin_do')}</button><span class="hint muted">{t('power.begin_hint')}</span></div>
            </form>
        </section>
    );
}
