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

export function download(name: string, type: string, text: string): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
