/* Lines that were told at different moments, on one line of time. */

export interface Steps {
    at: number[]; // seconds, ascending
    values: (number | null)[];
}

/* All moments of all; a stepped line keeps its value until its next one, the others have gaps where they say nothing. */
export function align(lines: readonly (Steps & { stepped?: boolean })[]): { at: number[]; values: (number | null)[][] } {
    const at = [...new Set(lines.flatMap((l) => l.at))].sort((a, b) => a - b);
    const values = lines.map((line) => {
        let i = 0;
        let kept: number | null = null;
        return at.map((moment) => {
            let here: number | null = null;
            while (i < line.at.length && line.at[i]! <= moment) here = kept = line.values[i++] ?? null;
            return line.stepped ? kept : here;
        });
    });
    return { at, values };
}
