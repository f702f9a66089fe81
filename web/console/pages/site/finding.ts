/* What the server's checker says of a document: sorted to nodes, parts and fields, and the way there. */
import { said } from '../../parts/said';
import { type Key, t } from '../../t';
import { type PowerNode, findingPlace } from './model';
import { type Spec, defaultSpecs, meterSpecs, nodeSpecs, priceSpecs, ruleSpecs, vehicleSpecs } from './specs';

export interface Finding {
    path: string;
    code?: string;
    args?: Record<string, string | number>;
    text: string;
}

export const wordsOf = (f: Finding) => said(f.code, f.args, f.text);

export interface Findings {
    errors: Finding[];
    warnings: Finding[];
}

/* What is wrong with a field stands for all that is odd about it. Stations that stand nowhere are told under the tree. */
export function worthTelling({ errors, warnings }: Findings): Findings {
    const wrong = new Set(errors.map((e) => e.path));
    return { errors, warnings: warnings.filter((w) => !wrong.has(w.path) && w.code !== 'station_left_out') };
}

export const noFindings: Findings = { errors: [], warnings: [] };

export function badgeOf(nodes: readonly PowerNode[], findings: Findings, id: string): 'error' | 'warning' | undefined {
    const of = (list: Finding[]) => list.some((f) => findingPlace(nodes, f.path).node?.id === id);
    return of(findings.errors) ? 'error' : of(findings.warnings) ? 'warning' : undefined;
}

/* By field of this node. */
export function wrongOf(nodes: readonly PowerNode[], list: readonly Finding[], id: string): Record<string, string> {
    const wrong: Record<string, string> = {};
    for (const f of list) {
        const { node, field } = findingPlace(nodes, f.path);
        if (node?.id === id && field) wrong[field] = wordsOf(f);
    }
    return wrong;
}

const partPath = /^(meters|prices|fleet|rules|defaults)(?:\[(\d+)\])?(?:\.(\w+))?/;

/* By place in a list of the document ("meters[1].address"), and by field there. */
export function wrongItems(list: readonly Finding[], part: string): Record<string, string>[] {
    const wrong: Record<string, string>[] = [];
    for (const f of list) {
        const found = partPath.exec(f.path);
        if (found?.[1] !== part || !found[3]) continue;
        (wrong[Number(found[2] ?? 0)] ??= {})[found[3]] = wordsOf(f);
    }
    return wrong;
}

const parts: Record<string, { label: Key; specs: readonly Spec[] }> = {
    meters: { label: 'power.meters', specs: meterSpecs }, prices: { label: 'power.prices', specs: priceSpecs }, fleet: { label: 'power.fleet', specs: vehicleSpecs },
    rules: { label: 'power.rules', specs: ruleSpecs }, defaults: { label: 'power.defaults', specs: defaultSpecs },
};

/* Fields that no form shows by themselves. */
const otherFields: Readonly<Record<string, Key>> = { station: 'col.station', evse: 'power.evse', times: 'power.times' };

function fieldName(specs: readonly Spec[], field: string | undefined): string {
    const label = specs.find((s) => s.name === field)?.label ?? otherFields[field ?? ''];
    return label ? t(label) : '';
}

/* "Level 1 · Current limit", in the words of the form. */
export function placeOf(nodes: readonly PowerNode[], path: string, nameOf: (node: PowerNode) => string): string {
    const { node, field } = findingPlace(nodes, path);
    if (node) return [nameOf(node), fieldName(nodeSpecs[node.kind], field)].filter(Boolean).join(' · ');
    const found = partPath.exec(path);
    const part = found && parts[found[1]!];
    if (part) return [`${t(part.label)}${found[2] === undefined ? '' : ` ${Number(found[2]) + 1}`}`, fieldName(part.specs, found[3])].filter(Boolean).join(' · ');
    return path === 'mode' ? t('power.mode') : '';
}

/* Opens what is folded on the way and puts the focus into the field, once it is drawn. */
export function leadTo(path: string): void {
    const found = partPath.exec(path);
    const field = /\.(\w+)$/.exec(path)?.[1];
    setTimeout(() => {
        const card = document.querySelector(found ? `[data-part="${found[1]}"]` : path === 'mode' ? '[data-part="mode"]' : '[data-part="node"]');
        const place = found?.[2] === undefined ? card : card?.querySelectorAll('.items:not(.item .items) > .item')[Number(found[2])] ?? card;
        const row = (field && place?.querySelector(`[data-field="${field}"]`)) || place;
        for (let at: Element | null | undefined = row; at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
        const input = row?.querySelector<HTMLElement>('input, select');
        input?.focus();
        if (input instanceof HTMLInputElement && input.type === 'text') input.select();
        (input ?? row)?.scrollIntoView({ block: 'center' });
    }, 60);
}

/* On a phone what is chosen in the tree stands below it. */
export function showCard(): void {
    setTimeout(() => document.querySelector('[data-part="node"]')?.scrollIntoView({ block: 'start', behavior: 'smooth' }), 60);
}
