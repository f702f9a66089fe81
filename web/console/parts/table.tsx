/* The one table: columns as data, rows that follow their own signal, and only the rows in sight in the document. */
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { go, query, setQuery } from '../../shared/router';
import { type Key, t } from '../t';
import { type Width, width } from './screen';

export interface Column<T> {
    key: string;
    label: Key;
    cell: (row: T) => ComponentChildren;
    num?: boolean;
    /* Share of the width, for tables with many rows. */
    share?: number;
    /* The narrowest window in which it is shown; phone when left out. */
    from?: Width;
    /* What to sort by; no key, no sorting. */
    order?: (row: T) => string | number;
    /* Its heading is only for who cannot see the buttons under it. */
    quiet?: boolean;
}

interface Props<T> {
    label: string;
    columns: readonly Column<T>[];
    rows: readonly T[];
    keyOf: (row: T) => string;
    /* The live row behind a key; the row itself when there is none. */
    liveOf?: (key: string) => Signal<T> | undefined;
    href?: (row: T) => string;
    isNew?: (row: T) => boolean;
    sortable?: boolean;
    /* The column that a sortable table begins with. */
    sortedBy?: string;
    /* One line a row, cut with dots; tables with many rows are so by themselves. */
    tight?: boolean;
    /* Two lines a row. */
    roomy?: boolean;
}

const widths: Width[] = ['phone', 'tablet', 'desktop'];
const allInDocument = 120; // fewer rows than this are simply all there
const margin = 20;         // rows kept above and below what is in sight

function Row<T>(props: { row: T; live?: Signal<T>; columns: readonly Column<T>[]; href?: string; index?: number; fresh?: boolean }) {
    const row = props.live ? props.live.value : props.row;
    const open = (event: MouseEvent) => {
        if (props.href && !(event.target as Element).closest('a, button, input, label')) go(props.href);
    };
    return (
        <tr class={`${props.href ? 'go' : ''}${props.fresh ? ' new' : ''}`} onClick={open} aria-rowindex={props.index}>
            {props.columns.map((c) => <td key={c.key} class={c.num ? 'num' : undefined}>{c.cell(row)}</td>)}
        </tr>
    );
}

/* `sort` is the column's key, led by a minus when it goes down; undefined where nothing is sorted. */
function Head<T>({ columns, sort }: { columns: readonly Column<T>[]; sort?: string }) {
    const down = !!sort?.startsWith('-');
    const key = sort?.replace('-', '');
    const sortable = sort !== undefined;
    const shares = columns.reduce((sum, c) => sum + (c.share ?? 1), 0);
    return (
        <thead>
            <tr>
                {columns.map((c) => {
                    const mine = sortable && c.key === key;
                    return (
                        <th key={c.key} scope="col" class={c.num ? 'num' : undefined} style={{ width: `${((c.share ?? 1) / shares) * 100}%` }}
                            aria-sort={mine ? (down ? 'descending' : 'ascending') : undefined}>
                            {sortable && c.order
                                ? <button type="button" onClick={() => setQuery({ sort: mine && !down ? `-${c.key}` : mine ? undefined : c.key })}>
                                    {t(c.label)}<span aria-hidden="true">{mine ? (down ? '↓' : '↑') : ''}</span></button>
                                : c.quiet ? <span class="sr">{t(c.label)}</span> : t(c.label)}
                        </th>
                    );
                })}
            </tr>
        </thead>
    );
}

function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], sort: string): readonly T[] {
    const down = sort.startsWith('-');
    const order = columns.find((c) => c.key === sort.replace('-', ''))?.order;
    if (!order) return rows;
    const keyed = rows.map((row) => ({ row, key: order(row) }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (down ? -1 : 1));
    return keyed.map((k) => k.row);
}

/* Which rows to draw, by where the table stands in the window. */
function useRange(total: number) {
    const body = useRef<HTMLTableSectionElement>(null);
    const range = useSignal<[from: number, to: number, rowPx: number]>([0, allInDocument, 36]);
    useEffect(() => {
        if (total <= allInDocument) return;
        const look = () => {
            const rowPx = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row')) || 36;
            const top = body.current?.getBoundingClientRect().top ?? 0;
            const first = Math.floor(-top / rowPx / margin) * margin;
            const from = Math.max(0, Math.min(first - margin, total - margin));
            const to = Math.min(total, Math.max(from, first) + Math.ceil(innerHeight / rowPx) + 2 * margin);
            const [a, b, c] = range.peek();
            if (a !== from || b !== to || c !== rowPx) range.value = [from, to, rowPx];
        };
        look();
        addEventListener('scroll', look, { passive: true });
        addEventListener('resize', look);
        return () => {
            removeEventListener('scroll', look);
            removeEventListener('resize', look);
        };
    }, [total]);
    const [from, to, rowPx] = range.value;
    return total <= allInDocument ? { body, from: 0, to: total, rowPx } : { body, from, to: Math.min(to, total), rowPx };
}

function Spacer({ px, span }: { px: number; span: number }) {
    return px > 0 ? <tr class="spacer" aria-hidden="true"><td colSpan={span} style={{ height: `${px}px` }} /></tr> : null;
}

export function Table<T>(props: Props<T>) {
    const columns = useMemo(() => props.columns.filter((c) => widths.indexOf(c.from ?? 'phone') <= widths.indexOf(width.value)),
        [props.columns, width.value]);
    const sort = props.sortable ? query('sort') || (props.sortedBy ?? '') : '';
    const rows = useMemo(() => sorted(props.rows, props.columns, sort), [props.rows, props.columns, sort]);
    const { body, from, to, rowPx } = useRange(rows.length);
    const many = rows.length > allInDocument;
    return (
        <div class="table">
            <table class={many || props.tight ? 'fixed tight' : props.roomy ? 'fixed roomy' : ''} aria-label={props.label} aria-rowcount={many ? rows.length + 1 : undefined}>
                <Head columns={columns} sort={props.sortable ? sort : undefined} />
                <tbody ref={body}>
                    <Spacer px={from * rowPx} span={columns.length} />
                    {rows.slice(from, to).map((row, i) => {
                        const key = props.keyOf(row);
                        return <Row key={key} row={row} live={props.liveOf?.(key)} columns={columns} href={props.href?.(row)}
                                    index={many ? from + i + 2 : undefined} fresh={props.isNew?.(row)} />;
                    })}
                    <Spacer px={(rows.length - to) * rowPx} span={columns.length} />
                </tbody>
            </table>
        </div>
    );
}
