/* CSV as RFC 4180 says. */
/* A cell that a spreadsheet would take for a formula is told to be text. */
function quote(value: unknown): string {
    const words = value === null || value === undefined ? '' : String(value);
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(words) ? `'${words}` : words;
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function writeCsv(head: string[], rows: unknown[][]): string {
    return [head, ...rows].map((r) => r.map(quote).join(',')).join('\r\n') + '\r\n';
}

/* What stands in a file: UTF-8, or else what spreadsheets of the West write (Windows-1252). */
export async function textOf(file: Blob): Promise<string> {
    const bytes = await file.arrayBuffer();
    try {
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
        return new TextDecoder('windows-1252').decode(bytes);
    }
}

/* The parts of one table, each with the same heading. */
export function joinCsv(parts: string[]): string {
    return parts.map((part, n) => (n === 0 ? part : part.slice(part.indexOf('\n') + 1))).join('');
}

export function download(name: string, type: string, text: string): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
