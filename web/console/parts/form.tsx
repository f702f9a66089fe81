/* The one form: fields as data. It knows labels, hints, required fields and where the server said no. */
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Problem } from '../../shared/api';
import { type Key, t } from '../t';
import { useDeed } from './ask';
import { ProblemNote } from './note';
import { problemText } from './said';

export type Value = string | number | boolean | undefined;
export type Values = Record<string, Value>;

export interface Option {
    value: string;
    label: string;
}

export interface Field {
    name: string;
    label: Key;
    kind?: 'text' | 'password' | 'number' | 'area' | 'select' | 'choices' | 'check' | 'datetime-local' | 'date' | 'search';
    hint?: Key;
    placeholder?: string;
    required?: boolean;
    whole?: boolean;
    /* Seldom wanted: behind "more", unless it has a value or is wrong. */
    rare?: boolean;
    min?: number;
    step?: 'any';
    max?: number;
    maxLength?: number;
    autocomplete?: string;
    mono?: boolean;
    readonly?: boolean;
    options?: () => Option[];
    /* Words offered while typing; others may be typed. */
    suggestions?: () => Option[];
    /* Shown only when this holds. */
    when?: (values: Values) => boolean;
}

interface InputProps {
    field: Field;
    id: string;
    values: Signal<Values>;
    wrong: boolean;
}

function Input({ field, id, values, wrong }: InputProps) {
    const value = values.value[field.name];
    const set = (to: Value) => (values.value = { ...values.peek(), [field.name]: to });
    const shared = {
        id, name: field.name, required: field.required, readOnly: field.readonly, 'aria-invalid': wrong || undefined,
        'aria-describedby': field.hint ? `${id}-hint` : undefined,
    };
    if (field.kind === 'check')
        return <input {...shared} type="checkbox" checked={value === true} onChange={(e) => set(e.currentTarget.checked)} />;
    if (field.kind === 'select')
        return (
            <select {...shared} value={String(value ?? '')} onChange={(e) => set(e.currentTarget.value)}>
                {field.options?.().map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
            </select>
        );
    if (field.kind === 'area')
        return <textarea {...shared} value={String(value ?? '')} placeholder={field.placeholder} onInput={(e) => set(e.currentTarget.value)} />;
    const asNumber = (words: string) => (words === '' ? undefined : Number(words));
    return (
        <>
            <input {...shared} type={field.kind ?? 'text'} value={value === undefined ? '' : String(value)} placeholder={field.placeholder}
                   min={field.min} max={field.max} step={field.step} maxLength={field.maxLength} autocomplete={field.autocomplete ?? 'off'}
                   class={field.mono ? 'mono' : undefined} list={field.suggestions ? `${id}-list` : undefined}
                   onInput={(e) => set(field.kind === 'number' ? asNumber(e.currentTarget.value) : e.currentTarget.value)} />
            {field.suggestions && (
                <datalist id={`${id}-list`}>{field.suggestions().map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}</datalist>
            )}
        </>
    );
}

function Choices({ field, id, values }: InputProps) {
    return (
        <fieldset class="field">
            <legend class="label">{t(field.label)}</legend>
            <div class="choices">
                {field.options?.().map((o) => (
                    <label key={o.value}>
                        <input type="radio" name={id} value={o.value} checked={String(values.value[field.name] ?? '') === o.value}
                               onChange={() => (values.value = { ...values.peek(), [field.name]: o.value })} />
                        {o.label}
                    </label>
                ))}
            </div>
            {field.hint && <span class="hint">{t(field.hint)}</span>}
        </fieldset>
    );
}

export function FieldRow({ field, values, problem }: { field: Field; values: Signal<Values>; problem?: Problem }) {
    const id = useId();
    if (field.when && !field.when(values.value)) return null;
    const wrong = problem?.body.field === field.name;
    const props = { field, id, values, wrong };
    if (field.kind === 'choices') return <Choices {...props} />;
    const label = <label for={id}>{t(field.label)}</label>;
    return (
        <div class={`field${field.kind === 'check' ? ' check' : ''}${field.whole ? ' whole' : ''}`}>
            {field.kind === 'check' ? <><Input {...props} />{label}</> : <>{label}<Input {...props} /></>}
            {field.hint && <span class="hint" id={`${id}-hint`}>{t(field.hint)}</span>}
            {wrong && <span class="wrong" role="alert">{problemText(problem)}</span>}
        </div>
    );
}

interface Props {
    fields: readonly Field[];
    initial?: Values;
    submit: string;
    danger?: boolean;
    columns?: boolean;
    onSubmit: (values: Values) => Promise<unknown>;
    onDone?: () => void;
    onCancel?: () => void;
    /* Something that follows the values, such as the request as a curl line. */
    extra?: (values: Values) => ComponentChildren;
    /* What the values mean, under the fields. */
    below?: (values: Values) => ComponentChildren;
}

const isSet = (value: Value) => value !== undefined && value !== '' && value !== false;

export function Form(props: Props) {
    const values = useSignal<Values>(props.initial ?? {});
    const sent = useSignal<Values>({});
    const deed = useDeed(props.onSubmit);
    const submit = async (event: Event) => {
        event.preventDefault();
        sent.value = values.peek();
        if (await deed.run(values.peek())) props.onDone?.();
    };
    /* What was said of a field holds until it is changed. */
    const field = String(deed.problem.value?.body.field ?? '');
    const problem = values.value[field] === sent.value[field] ? deed.problem.value : undefined;
    const rare = props.fields.filter((f) => f.rare);
    return (
        <form class={`form${props.columns ? ' cols' : ''}`} onSubmit={submit}>
            {props.fields.filter((f) => !f.rare).map((f) => <FieldRow key={f.name} field={f} values={values} problem={problem} />)}
            {rare.length > 0 && (
                <details class="whole" open={rare.some((f) => f.name === field || isSet(props.initial?.[f.name])) || undefined}>
                    <summary>{t('form.more')}</summary>
                    <div class={`form${props.columns ? ' cols' : ''}`}>{rare.map((f) => <FieldRow key={f.name} field={f} values={values} problem={problem} />)}</div>
                </details>
            )}
            {props.below?.(values.value)}
            {problem && !props.fields.some((f) => f.name === problem.body.field) && <div class="whole"><ProblemNote problem={problem} /></div>}
            <div class="row end whole">
                {props.extra?.(values.value)}
                {props.onCancel && <button type="button" onClick={props.onCancel}>{t('cancel')}</button>}
                <button type="submit" class={props.danger ? 'danger' : 'primary'} disabled={deed.busy.value}>
                    {deed.busy.value ? t('working') : props.submit}
                </button>
            </div>
        </form>
    );
}

/* Only what differs: the body of a PATCH. An emptied field is sent as null. */
export function changesOf(before: Values, after: Values): Record<string, Value | null> {
    const changed: Record<string, Value | null> = {};
    for (const [name, value] of Object.entries(after))
        if (value !== before[name]) changed[name] = value === '' || value === undefined ? null : value;
    return changed;
}

export function optionsOf(words: (value: string) => string, values: readonly string[]): () => Option[] {
    return () => values.map((value) => ({ value, label: words(value) }));
}
