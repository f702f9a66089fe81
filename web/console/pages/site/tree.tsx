/* The tree of limits to work on: with the keyboard alone (arrows walk, Alt and arrows move), or by dragging. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import * as format from '../../../shared/format';
import { width } from '../../parts/screen';
import { t, word } from '../../t';
import { useDrag } from './drag';
import { fold } from './fold';
import { leadTo, showCard } from './finding';
import { type Placed, type PowerNode, type Step, drawn, step } from './model';

interface Props {
    nodes: readonly PowerNode[];
    chosen: string;
    /* Worst finding of a node. */
    badge: (id: string) => 'error' | 'warning' | undefined;
    nameOf: (node: PowerNode) => string;
    onChoose: (id: string) => void;
    onNodes: (nodes: readonly PowerNode[]) => void;
    onRemove: (id: string) => void;
    readonly?: boolean;
}

export function limitText(n: PowerNode): string {
    const parts = [];
    if (n.limit_phases_a) parts.push(`${n.limit_phases_a.map((a) => format.decimal(a, a % 1 ? 1 : 0)).join(' / ')} A`);
    else if (n.limit_a !== undefined) parts.push(`${format.decimal(n.limit_a, n.limit_a % 1 ? 1 : 0)} A`);
    if (n.limit_w !== undefined) parts.push(format.join(format.power(n.limit_w)));
    return parts.join(' · ');
}

const searchFrom = 20; // nodes

const steps: Record<string, Step> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'out', ArrowRight: 'in' };

export function Tree({ nodes, chosen, badge, nameOf, onChoose, onNodes, onRemove, readonly }: Props) {
    const list = useRef<HTMLUListElement>(null);
    const { dragged, drop, begin } = useDrag(nodes, onNodes);
    const wantsFocus = useRef(false);
    const said = useSignal<ReadonlyMap<string, boolean>>(new Map());
    const find = useSignal('');
    /* What is chosen stays in sight, whatever is folded. */
    const rows = fold(drawn(nodes), { said: said.value, find: find.value, textOf: (n) => `${nameOf(n)} ${n.id} ${n.station ?? ''}`, matters: (n) => n.id === chosen || badge(n.id) !== undefined });
    const movable = (node: PowerNode) => !readonly && node.kind !== 'grid';
    const setOpen = (id: string, open: boolean) => (said.value = new Map(said.value).set(id, open));
    const at = rows.findIndex((r) => r.node.id === chosen);
    useEffect(() => {
        if (wantsFocus.current) list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
        wantsFocus.current = false;
    }, [chosen, nodes]);
    const choose = (row: Placed | undefined) => {
        if (!row) return;
        wantsFocus.current = true;
        onChoose(row.node.id);
    };
    const keys = (event: KeyboardEvent) => {
        const way = steps[event.key];
        if (way && event.altKey && !readonly) {
            wantsFocus.current = true;
            onNodes(step(nodes, chosen, way));
        } else if (event.key === 'ArrowDown') choose(rows[at + 1]);
        else if (event.key === 'ArrowUp') choose(rows[at - 1]);
        else if (event.key === 'ArrowLeft' && rows[at]?.open) setOpen(chosen, false);
        else if (event.key === 'ArrowLeft') choose(rows.find((r) => r.node.id === rows[at]?.node.parent));
        else if (event.key === 'ArrowRight' && rows[at]?.open === false) setOpen(chosen, true);
        else if (event.key === 'ArrowRight') choose(rows[at + 1]?.node.parent === chosen ? rows[at + 1] : undefined);
        else if (event.key === 'Enter') leadTo(`nodes.name`);
        else if (event.key === 'Home') choose(rows[0]);
        else if (event.key === 'End') choose(rows[rows.length - 1]);
        else if ((event.key === 'Delete' || event.key === 'Backspace') && !readonly) { wantsFocus.current = true; onRemove(chosen); }
        else return;
        event.preventDefault();
    };
    return (
        <>
        {nodes.length > searchFrom && <div class="pad tree-find"><input type="search" aria-label={t('power.find_node')} placeholder={t('power.find_node')} value={find.value} onInput={(e) => (find.value = e.currentTarget.value)} /></div>}
        <ul class={`limits edit${dragged.value ? ' dragging' : ''}`} role="tree" aria-label={t('power.tree')} ref={list} onKeyDown={keys}>
            {rows.map(({ node, level, at: place, of, open, hidden }) => {
                const mark = badge(node.id);
                return (
                    <li key={node.id} role="treeitem" aria-level={level} aria-posinset={place} aria-setsize={of} aria-selected={node.id === chosen} aria-expanded={open} tabIndex={node.id === chosen || (at < 0 && level === 1) ? 0 : -1}
                        class={`${movable(node) ? 'movable' : ''}${drop.value?.id === node.id ? ` drop-${drop.value.where}` : ''}${dragged.value === node.id ? ' held' : ''}`} style={{ '--level': level - 1 }}
                        data-id={node.id} onPointerDown={(event) => { if (movable(node)) begin(event, node); }} onClick={() => { onChoose(node.id); if (width.value === 'phone') showCard(); }} onFocus={() => { if (node.id !== chosen) onChoose(node.id); }}>
                        <span class="fold" aria-hidden="true" onClick={(event) => { if (open !== undefined) { event.stopPropagation(); setOpen(node.id, !open); } }}>{open === undefined ? '' : open ? '▾' : '▸'}</span>
                        <span class={`kind ${node.kind}`} aria-hidden="true" />
                        <b>{nameOf(node)}</b>
                        <small class={hidden > 0 ? '' : 'of-kind'}>{hidden > 0 ? t('power.hidden', { n: hidden }) : word('node_kind', node.kind)}</small>
                        {mark && <span class={`tag ${mark === 'error' ? 'bad' : 'warn'}`}>{t(mark === 'error' ? 'power.error' : 'power.warning')}</span>}
                        <span class="limit">{limitText(node)}</span>
                        {movable(node) && <span class="grip" aria-hidden="true" onClick={(event) => event.stopPropagation()}>⠿</span>}
                    </li>
                );
            })}
        </ul>
        </>
    );
}
