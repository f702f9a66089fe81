/* What the server's checker says of a document, sorted to nodes and fields. */
import { type PowerNode, findingPlace } from './model';

export interface Finding {
    path: string;
    text: string;
}

export interface Findings {
    errors: Finding[];
    warnings: Finding[];
}

export const noFindings: Findings = { errors: [], warnings: [] };

export function badgeOf(nodes: readonly PowerNode[], findings: Findings, id: string): 'error' | 'warning' | undefined {
    const of = (list: Finding[]) => list.some((f) => findingPlace(nodes, f.path).node?.id === id);
    return of(findings.errors) ? 'error' : of(findings.warnings) ? 'warning' : undefined;
}

/* By field of this node. */
export function wrongOf(nodes: readonly PowerNode[], findings: Findings, id: string): Record<string, string> {
    const wrong: Record<string, string> = {};
    for (const f of findings.errors) {
        const { node, field } = findingPlace(nodes, f.path);
        if (node?.id === id && field) wrong[field] = f.text;
    }
    return wrong;
}
