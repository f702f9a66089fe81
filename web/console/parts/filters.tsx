/* Filters above a list. Their values live in the address, so that a view can be kept and sent to somebody. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { query, setQuery } from '../../shared/router';
import { t } from '../t';
import type { Option } from './form';
import { width } from './screen';

const pauseMs = 150;

interface FiltersProps {
    /* The one that is always in sight. */
    first: ComponentChildren;
    /* The names of the others: on a phone they are folded away, and counted. */
    names: readonly string[];
    children?: ComponentChildren;
}

export function Filters({ first, names, children }: FiltersProps) {
    const open = useSignal(false);
    const folds = width.value === 'phone' && !!children;
    const set = names.filter((name) => query(name)).length;
    return (
        <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
            {first}
            {folds && <button type="button" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>{t('filter.more')}{set > 0 && ` (${set})`}</button>}
            {(!folds || open.value) && children}
        </form>
    );
}

export function Search({ label, name = 'q', list }: { label: string; name?: string; list?: () => Option[] }) {
    const id = useId();
    const timer = useRef<ReturnType<typeof setTimeout>>();
    useEffect(() => () => clearTimeout(timer.current), []);
    const typed = (words: string) => {
        clearTimeout(timer.current);
        timer.current = setTimeout(() => setQuery({ [name]: words }), pauseMs);
    };
    return (
        <label class="grow">{label}
            <input type="search" value={query(name)} list={list && id} onInput={(e) => typed(e.currentTarget.value)} autocomplete="off" />
            {list && <datalist id={id}>{list().map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}</datalist>}
        </label>
    );
}

export function Filter({ name, label, options }: { name: string; label: string; options: Option[] }) {
    return (
        <label>{label}
            <select value={query(name)} onChange={(e) => setQuery({ [name]: e.currentTarget.value })}>
                <option value="">{t('filter.all')}</option>
                {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
            </select>
        </label>
    );
}

export function DayFilter({ name, label }: { name: string; label: string }) {
    return <label>{label}<input type="date" value={query(name)} onChange={(e) => setQuery({ [name]: e.currentTarget.value })} /></label>;
}
