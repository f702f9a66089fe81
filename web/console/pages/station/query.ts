/* The log's filter: words, and `action:Meter* dir:in ms:>500 error flagged`. All of them must hold. */
import type { Exchange } from './frames';

type Test = (e: Exchange, words: string) => boolean;

function pattern(text: string): RegExp {
    return new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`, 'i');
}

function compare(text: string): (ms: number | null) => boolean {
    const found = /^([<>]=?)?(\d+)$/.exec(text);
    if (!found) return () => false;
    const limit = Number(found[2]);
    switch (found[1]) {
    case '>': return (ms) => ms !== null && ms > limit;
    case '>=': return (ms) => ms !== null && ms >= limit;
    case '<': return (ms) => ms !== null && ms < limit;
    case '<=': return (ms) => ms !== null && ms <= limit;
    default: return (ms) => ms === limit;
    }
}

function testOf(part: string): Test {
    const [, name, value] = /^(\w+):(.*)$/.exec(part) ?? [];
    if (name === 'action' && value) {
        const wanted = pattern(value);
        return (e) => wanted.test(e.action);
    }
    if (name === 'dir') return (e) => e.direction === value;
    if (name === 'ms' && value) {
        const fits = compare(value);
        return (e) => fits(e.ms);
    }
    if (part === 'error' || part === 'error:') return (e) => e.error;
    if (part === 'flagged') return (e) => e.flagged;
    const words = part.toLowerCase();
    return (_, all) => all.includes(words);
}

export function filterOf(query: string): (e: Exchange) => boolean {
    const tests = query.split(/\s+/).filter(Boolean).map(testOf);
    return (e) => {
        const words = `${e.action} ${e.call?.frame ?? e.call?.note ?? ''} ${e.answer?.frame ?? ''}`.toLowerCase();
        return tests.every((test) => test(e, words));
    };
}
