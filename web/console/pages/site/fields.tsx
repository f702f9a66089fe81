/* The fields of one part of the document, by its specs: each change is told at once; an emptied field is undefined. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import * as format from '../../../shared/format';
import { t, word } from '../../t';
import type { Spec } from './specs';

export type Part = Readonly<Record<string, unknown>>;
export type Changes = Record<string, unknown>;

interface Props {
    specs: readonly Spec[];
    of: Part;
    wrong?: Readonly<Record<string, string>>;
    /* Not wrong, but worth a look. */
    warned?: Readonly<Record<string, string>>;
    onChange: (changes: Changes) => void;
    disabled?: boolean;
}

interface One extends Omit<Props, 'specs'> {
    spec: Spec;
    id: string;
}

const briefMax = 5; // of a part's fields in its line
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/* "6.5" and "6,5", as people type it. */
function numberOf(words: string): number | undefined {
    const number = Number(words.trim().replace(',', '.'));
    return words.trim() === '' || !Number.isFinite(number) ? undefined : number;
}

/* To nine digits: 0.1 × 1000 is 100. */
function scaled(value: number | undefined, by: number): number | undefined {
    return value === undefined ? undefined : Number((value * by).toPrecision(9));
}

function Amount({ spec, id, value, set, disabled, label }: { spec: Spec; id?: string; label?: string; value: unknown; set: (to: number | undefined) => void; disabled?: boolean }) {
    const shown = typeof value === 'number' ? String(scaled(value, 1 / (spec.scale ?? 1))) : '';
    const typed = useSignal<string | undefined>(undefined);
    return (
        <span class="amount">
            <input id={id} aria-label={label} type="text" inputMode="decimal" disabled={disabled} placeholder={spec.placeholder} value={typed.value ?? shown}
                   onInput={(e) => { typed.value = e.currentTarget.value; set(scaled(numberOf(typed.value), spec.scale ?? 1)); }}
                   onBlur={() => (typed.value = undefined)} aria-describedby={spec.hint && id ? `${id}-hint` : undefined} />
            {spec.unit && <i>{spec.unit}</i>}
        </span>
    );
}

/* None named stands for all of them. */
function Several({ spec, of, onChange, disabled, choices }: One & { choices: { value: string | number; label: string }[] }) {
    const all = choices.map((c) => c.value);
    const named = (of[spec.name] as (string | number)[] | undefined) ?? [];
    const chosen = named.length ? named : all;
    const flip = (value: string | number) => {
        const now = all.filter((v) => (v === value) !== chosen.includes(v));
        onChange({ [spec.name]: now.length === 0 || now.length === choices.length ? undefined : now });
    };
    return (
        <span class="several">
            {choices.map((c) => (
                <label key={c.value}><input type="checkbox" disabled={disabled} checked={chosen.includes(c.value)} onChange={() => flip(c.value)} />{c.label}</label>
            ))}
        </span>
    );
}

function Phases({ spec, of, onChange, disabled }: One) {
    const values = (of[spec.name] as (number | undefined)[] | undefined) ?? [];
    const set = (line: number, to: number | undefined) => {
        const now = [0, 1, 2].map((i) => (i === line ? to : values[i]) ?? 0);
        onChange({ [spec.name]: now.some((v) => v !== 0) ? now : undefined });
    };
    return <span class="phases">{[0, 1, 2].map((i) => <Amount key={i} spec={{ ...spec, placeholder: `L${i + 1}` }} label={`${t(spec.label)} L${i + 1}`} value={values[i] || undefined} set={(to) => set(i, to)} disabled={disabled} />)}</span>;
}

function Input(props: One) {
    const { spec, id, of, onChange, disabled } = props;
    const value = of[spec.name];
    const set = (to: unknown) => onChange({ [spec.name]: to === '' ? undefined : to });
    if (spec.kind === 'days') return <Several {...props} choices={days.map((d) => ({ value: d, label: word('day', d) }))} />;
    if (spec.kind === 'months') return <Several {...props} choices={Array.from({ length: 12 }, (_, i) => ({ value: i + 1, label: String(i + 1) }))} />;
    if (spec.kind === 'list') return <Items specs={spec.items ?? []} items={(value as Part[] | undefined) ?? []} add={t(spec.add ?? 'add')} fresh={() => ({ ...spec.fresh })} onChange={(items) => set(items.length ? items : undefined)} disabled={disabled} />;
    if (spec.kind === 'phases') return <Phases {...props} />;
    if (spec.kind === 'check') return <input id={id} type="checkbox" disabled={disabled} checked={value === true} onChange={(e) => set(e.currentTarget.checked || undefined)} />;
    if (spec.kind === 'select')
        return <select id={id} disabled={disabled} value={String(value ?? '')} onChange={(e) => set(e.currentTarget.value)}>{spec.options?.().map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}</select>;
    if (spec.kind === 'text' || spec.kind === 'time')
        return <input id={id} type={spec.kind} disabled={disabled} placeholder={spec.placeholder} value={String(value ?? '')} onInput={(e) => set(e.currentTarget.value)} />;
    return <Amount spec={spec} id={id} value={value} set={set} disabled={disabled} />;
}

function Row(props: Omit<One, 'id'>) {
    const { spec, wrong, warned } = props;
    const id = useId();
    const many = spec.kind === 'list' || spec.kind === 'days' || spec.kind === 'months' || spec.kind === 'phases';
    const label = many ? <span class="label">{t(spec.label)}</span> : <label for={id}>{t(spec.label)}</label>;
    const input = <Input {...props} id={id} />;
    const body = (
        <>
            {spec.kind === 'check' ? <>{input}{label}</> : <>{label}{input}</>}
            {wrong?.[spec.name] ? <span class="wrong">{wrong[spec.name]}</span> : warned?.[spec.name] && <span class="warned">{warned[spec.name]}</span>}
            {spec.hint && <span class="hint" id={`${id}-hint`}>{t(spec.hint)}</span>}
        </>
    );
    const look = `field${spec.kind === 'check' ? ' check' : ''}${spec.kind === 'list' || spec.kind === 'days' || spec.kind === 'months' ? ' whole' : ''}`;
    return many ? <div class={look} data-field={spec.name} role="group" aria-label={t(spec.label)}>{body}</div> : <div class={look} data-field={spec.name}>{body}</div>;
}

/* What is seldom wanted stands behind "more", unless something is said or wrong there. */
export function Fields({ specs, of, wrong, warned, onChange, disabled }: Props) {
    const shown = specs.filter((s) => !s.when || s.when(of));
    const isRare = (s: Spec) => s.more && of[s.name] === undefined && !wrong?.[s.name] && !warned?.[s.name];
    const rare = shown.filter(isRare);
    const opened = useSignal(false);
    const row = (s: Spec) => <Row key={s.name} spec={s} of={of} wrong={wrong} warned={warned} onChange={onChange} disabled={disabled} />;
    return (
        <div class="form cols">
            {shown.filter((s) => !rare.includes(s)).map(row)}
            {rare.length > 0 && (
                <details class="whole" open={opened.value} onToggle={(e) => (opened.value = e.currentTarget.open)}>
                    <summary>{t('power.more')}</summary>
                    <div class="form cols">{rare.map(row)}</div>
                </details>
            )}
        </div>
    );
}

const plain = (n: number) => format.decimal(n, String(n).split('.')[1]?.length ?? 0);

/* A part in a line: "22:00–06:00 · 18.2 ct/kWh". */
function briefOf(specs: readonly Spec[], item: Part): string {
    const timed = specs.some((s) => s.name === 'from');
    const hours = !timed ? '' : item.from || item.to ? `${String(item.from ?? '00:00')}–${String(item.to ?? '24:00')}` : t('power.other_hours');
    const rest = specs.filter((s) => item[s.name] !== undefined && s.name !== 'from' && s.name !== 'to').map((s) => {
        const value = item[s.name];
        if (s.kind === 'list') return (value as Part[]).map((x) => briefOf(s.items ?? [], x)).join(', ');
        if (s.kind === 'days') return (value as string[]).map((d) => word('day', d)).join(' ');
        if (Array.isArray(value)) return value.join(' / ');
        if (s.kind === 'select') return s.options?.().find((o) => o.value === value)?.label ?? String(value);
        if (s.kind === 'check') return t(s.label);
        return [typeof value === 'number' ? plain(scaled(value, 1 / (s.scale ?? 1))!) : String(value), s.unit].filter(Boolean).join(' ');
    });
    return [hours, ...rest].filter(Boolean).slice(0, briefMax).join(' · ');
}

/* Opens by itself for what was just added, or is wrong. */
function Folded({ brief, fresh, loud, children }: { brief: string; fresh: boolean; loud: boolean; children: ComponentChildren }) {
    const open = useSignal(fresh);
    useEffect(() => { if (loud) open.value = true; }, [loud]);
    return <details class="item" open={open.value} onToggle={(e) => (open.value = e.currentTarget.open)}><summary>{brief}</summary>{children}</details>;
}

/* A list of parts, a line each, which opens to its fields; taken out, or added at the end. `wrong` is by place in the list. */
export function Items({ specs, items, add, fresh, onChange, disabled, wrong, warned }: { specs: readonly Spec[]; items: readonly Part[]; wrong?: readonly (Readonly<Record<string, string>> | undefined)[]; warned?: readonly (Readonly<Record<string, string>> | undefined)[]; add: string; fresh: () => Part; onChange: (items: Part[]) => void; disabled?: boolean }) {
    const known = useRef(items.length); // what was there before is folded, what is added is open
    const takeOut = (at: number) => {
        if (at < known.current) known.current--;
        onChange(items.filter((_, i) => i !== at));
    };
    return (
        <div class="stack items">
            {items.map((item, at) => (
                <Folded key={at} brief={briefOf(specs, item) || add} fresh={at >= known.current} loud={!!wrong?.[at] || !!warned?.[at]}>
                    <Fields specs={specs} of={item} disabled={disabled} wrong={wrong?.[at]} warned={warned?.[at]}
                            onChange={(changes) => onChange(items.map((x, i) => (i === at ? clean({ ...x, ...changes }) : x)))} />
                    <button type="button" class="plain" disabled={disabled} onClick={() => takeOut(at)}>{t('power.take_out')}</button>
                </Folded>
            ))}
            {!disabled && <div><button type="button" onClick={() => onChange([...items, fresh()])}>{add}</button></div>}
        </div>
    );
}

export function clean(part: Part): Part {
    return Object.fromEntries(Object.entries(part).filter(([, v]) => v !== undefined));
}
