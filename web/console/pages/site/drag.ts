/* A row of the tree is dragged to another place: with the mouse from anywhere on it, with a finger from its grip, so that a
 * finger elsewhere scrolls. Escape lets go of it. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type PowerNode, childrenOf, mayMove, move, nodeOf } from './model';

export type Drop = { id: string; where: 'before' | 'in' | 'after' };

const startPx = 5;  // less is a click
const edgePx = 48;  // of the window: there it scrolls
const scrollPx = 12;

/* Where a dragged node would come to stand, or undefined where it may not. */
function dropOf(nodes: readonly PowerNode[], dragged: string, over: PowerNode, share: number): Drop | undefined {
    const into: Drop | undefined = mayMove(nodes, dragged, over.id) ? { id: over.id, where: 'in' } : undefined;
    const beside: Drop | undefined = over.id !== dragged && over.parent !== undefined && mayMove(nodes, dragged, over.parent) ? { id: over.id, where: share < 0.5 ? 'before' : 'after' } : undefined;
    return share > 0.3 && share < 0.7 ? into ?? beside : beside ?? into;
}

function dropped(nodes: readonly PowerNode[], dragged: string, drop: Drop): readonly PowerNode[] {
    const over = nodeOf(nodes, drop.id);
    if (!over) return nodes;
    if (drop.where === 'in' || over.parent === undefined) return move(nodes, dragged, over.id);
    if (drop.where === 'before') return move(nodes, dragged, over.parent, over.id);
    const siblings = childrenOf(nodes, over.parent);
    return move(nodes, dragged, over.parent, siblings[siblings.indexOf(over) + 1]?.id);
}

interface Dragging {
    dragged: Signal<string | undefined>;
    drop: Signal<Drop | undefined>;
    begin: (event: PointerEvent, node: PowerNode) => void;
}

/* Rows say their node's id as data-id. */
export function useDrag(nodes: readonly PowerNode[], onNodes: (nodes: readonly PowerNode[]) => void): Dragging {
    const dragged = useSignal<string | undefined>(undefined);
    const drop = useSignal<Drop | undefined>(undefined);
    const latest = useRef({ nodes, onNodes });
    const letGo = useRef<() => void>();
    latest.current = { nodes, onNodes };
    useEffect(() => () => letGo.current?.(), []);
    const begin = (event: PointerEvent, node: PowerNode) => {
        if (event.button !== 0 || (event.pointerType !== 'mouse' && !(event.target as Element).closest('.grip'))) return;
        const [x, y] = [event.clientX, event.clientY];
        const stop = new AbortController();
        const end = () => { stop.abort(); dragged.value = drop.value = undefined; };
        const moved = (at: PointerEvent) => {
            if (!dragged.peek() && Math.hypot(at.clientX - x, at.clientY - y) < startPx) return;
            dragged.value = node.id;
            scrollBy(0, at.clientY < edgePx ? -scrollPx : at.clientY > innerHeight - edgePx ? scrollPx : 0);
            const row = document.elementFromPoint(at.clientX, at.clientY)?.closest<HTMLElement>('[data-id]');
            const over = row && nodeOf(latest.current.nodes, row.dataset.id);
            const box = row?.getBoundingClientRect();
            drop.value = over && box ? dropOf(latest.current.nodes, node.id, over, (at.clientY - box.top) / box.height) : undefined;
        };
        const up = () => {
            if (dragged.peek() && drop.peek()) latest.current.onNodes(dropped(latest.current.nodes, node.id, drop.peek()!));
            end();
        };
        const { signal } = stop;
        letGo.current?.();
        letGo.current = end;
        addEventListener('pointermove', moved, { signal });
        addEventListener('pointerup', up, { signal });
        addEventListener('pointercancel', end, { signal });
        addEventListener('keydown', (key) => { if (key.key === 'Escape') end(); }, { signal });
    };
    return { dragged, drop, begin };
}
