/* What matters at a site, and what that needs to be known: by when cars are ready, and when energy is cheap. */
import { Shape } from '../../parts/state';
import type { PowerDocument } from '../../store/types.gen';
import { t, word } from '../../t';
import { type Part, Fields, clean } from './fields';
import { type Spec, modes } from './specs';

export type Mode = (typeof modes)[number];

/* The part of the document that is said here. */
export type Aims = Pick<PowerDocument, 'mode' | 'defaults' | 'prices'>;

const timed: readonly string[] = ['need', 'cheapest', 'greenest', 'surplus'];
const ready: readonly Spec[] = [{ name: 'departs_at', label: 'power.ready_all', kind: 'time', hint: 'power.ready_all_hint' }];
const nightSpecs: readonly Spec[] = [
    { name: 'from', label: 'power.cheap_from', kind: 'time' },
    { name: 'to', label: 'power.cheap_to', kind: 'time' },
    { name: 'cheap', label: 'power.cheap_price', unit: 'ct/kWh' },
    { name: 'dear', label: 'power.dear_price', unit: 'ct/kWh' },
];

export const usualReady = '07:00';
export const usualNight: NonNullable<PowerDocument['prices']> = [{ from: '22:00', to: '06:00', price_minor_per_kwh: 20 }, { price_minor_per_kwh: 30 }];

/* Prices that are a night's and the rest of the day's; undefined where they are more than that. */
function nightOf(prices: PowerDocument['prices']): Part | undefined {
    const [cheap, dear, more] = (prices ?? []) as Part[];
    const plain = cheap && dear && !more && Object.keys(clean(dear)).every((k) => k === 'price_minor_per_kwh') && !cheap.days && !cheap.months;
    return plain ? clean({ from: cheap.from, to: cheap.to, cheap: cheap.price_minor_per_kwh, dear: dear.price_minor_per_kwh }) : undefined;
}

function pricesOf({ from, to, cheap, dear }: Part): PowerDocument['prices'] {
    return [clean({ from, to, price_minor_per_kwh: cheap }), clean({ price_minor_per_kwh: dear })] as PowerDocument['prices'];
}

interface Props {
    of: Aims;
    choices: readonly Mode[];
    /* Cheap hours are wanted and nobody knows a price. */
    priceless: boolean;
    set: (aims: Aims) => void;
    disabled?: boolean;
}

export function Goal({ of, choices, priceless, set, disabled }: Props) {
    const night = nightOf(of.prices);
    const setDefaults = (changes: Part) => {
        const now = clean({ ...of.defaults, ...changes });
        set({ ...of, defaults: Object.keys(now).length ? now : undefined });
    };
    return (
        <>
            <fieldset class="modes" disabled={disabled}>
                <legend class="sr">{t('power.mode')}</legend>
                {choices.map((m) => (
                    <label key={m}><input type="radio" name="mode" value={m} checked={of.mode === m} onChange={() => set({ ...of, mode: m })} />
                        <span><b>{word('site_mode', m)}</b><small>{word('site_mode_why', m)}</small></span></label>
                ))}
            </fieldset>
            {timed.includes(of.mode ?? '') && <Fields specs={ready} of={(of.defaults ?? {}) as Part} onChange={setDefaults} disabled={disabled} />}
            {of.mode === 'cheapest' && night && <Fields specs={nightSpecs} of={night} onChange={(c) => set({ ...of, prices: pricesOf({ ...night, ...c }) })} disabled={disabled} />}
            {of.mode === 'cheapest' && priceless && !of.prices?.length && (
                <p class="note"><Shape kind="preparing" /><span>{t('power.no_price_yet')}</span>{!disabled && <button type="button" onClick={() => set({ ...of, prices: usualNight })}>{t('power.night_price')}</button>}</p>
            )}
        </>
    );
}
